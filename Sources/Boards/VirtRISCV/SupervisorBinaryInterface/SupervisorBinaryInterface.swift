// The SBI implementation that is the machine itself: calls of a kernel that has no firmware below it.
import Devices
import MachineCore
import RISCV

/// Serves `ecall`s from supervisor mode (RISC-V Supervisor Binary Interface 2.0).
final class SupervisorBinaryInterface {
    /// What a hart is doing, as the HSM extension sees it (chapter 9).
    enum HartStatus: UInt64, Codable, Sendable {
        case started = 0
        case stopped = 1
        case suspended = 4
    }

    /// All that the interface remembers between calls.
    struct State: Codable, Equatable, Sendable {
        var harts: [HartStatus]

        /// All harts are stopped.
        init(hartCount: Int) { harts = Array(repeating: .stopped, count: hartCount) }
    }

    static let stateVersion: StateVersion = 1
    private(set) var state: State
    let harts: [Hart]
    let resources: BoardResources

    init(harts: [Hart], resources: BoardResources, state: State) {
        self.harts = harts
        self.resources = resources
        self.state = state
    }

    /// A hart that suspended itself is as good as started: it waits by itself for its interrupt.
    func isStarted(_ hart: Int) -> Bool { state.harts[hart] != .stopped }

    func reset() { state = State(hartCount: harts.count) }

    func setStatus(_ status: HartStatus, of hart: Int) { state.harts[hart] = status }

    /// The status as the guest sees it: a suspended hart that runs again is started.
    func status(of hart: Int) -> HartStatus {
        state.harts[hart] == .suspended && harts[hart].state.pointee.waiting == 0 ? .started : state.harts[hart]
    }

    /// Starts hart 0 in the kernel: a0 is the hart, a1 the device tree.
    func startBootHart(at entry: GuestPhysicalAddress, deviceTree: GuestPhysicalAddress) {
        start(harts[0], at: entry, argument: deviceTree)
    }

    func start(_ hart: Hart, at entry: GuestPhysicalAddress, argument: UInt64) {
        hart.enterSupervisor(at: entry, argument: argument)
        state.harts[hart.index] = .started
        resources.lock?.wake(hart.index)
    }

    /// Serves the call that `hart` stopped at (chapter 3: a7 is the extension, a6 the function, a0 to
    /// a5 the arguments, a0 and a1 the results).
    func serve(_ hart: Hart) {
        let call = SupervisorCall(hart)
        let result: SupervisorResult?
        switch SupervisorExtension(rawValue: call.extensionID) {
        case .base: result = base(call)
        case .timer: result = timer(call)
        case .interprocessor: result = interprocessor(call)
        case .remoteFence: result = remoteFence(call)
        case .hartState: result = hartState(call)
        case .systemReset: result = systemReset(call)
        case .debugConsole: result = debugConsole(call)
        case nil: result = .failure(.notSupported)
        }
        // A hart that was stopped or sent elsewhere gets no result.
        guard let result else { return }
        hart.completeEnvironmentCall(error: result.error, value: result.value)
    }
}

/// The extensions that are implemented.
enum SupervisorExtension: UInt64 {
    case base = 0x10
    case timer = 0x5449_4d45
    case interprocessor = 0x73_5049
    case remoteFence = 0x5246_4e43
    case hartState = 0x48_534d
    case systemReset = 0x5352_5354
    case debugConsole = 0x4442_434e
}

/// The registers of a call.
struct SupervisorCall {
    let hart: Hart
    let extensionID: UInt64
    let function: UInt64
    let arguments: [UInt64]

    init(_ hart: Hart) {
        self.hart = hart
        extensionID = hart.state.pointee.x[17]
        function = hart.state.pointee.x[16]
        arguments = (10..<16).map { hart.state.pointee.x[$0] }
    }
}

/// What a call returns (chapter 3, table 1).
struct SupervisorResult {
    enum Failure: Int64 {
        case failed = -1
        case notSupported = -2
        case invalidParameter = -3
        case invalidAddress = -5
        case alreadyAvailable = -6
    }

    let error: Int64
    let value: UInt64

    static func success(_ value: UInt64 = 0) -> SupervisorResult { SupervisorResult(error: 0, value: value) }
    static func failure(_ failure: Failure) -> SupervisorResult {
        SupervisorResult(error: failure.rawValue, value: 0)
    }
}
