// A running machine as the control API sees it.
import Foundation
import HostOS
import Machine
import MachineCore
import Synchronization

/// Carries out requests; each waits for the machine, so they are for threads of their own.
public final class MachineControl: Sendable {
    private let name: String
    let remote: MachineRemote
    private let store: MachineSnapshots
    private let debugPath: String
    private let debugServer = Mutex<DebugServer?>(nil)

    /// The running machine of `bundle`.
    public init(_ bundle: MachineBundle, _ remote: MachineRemote) {
        name = bundle.name
        self.remote = remote
        store = MachineSnapshots(bundlePath: bundle.path, remote)
        debugPath = bundle.debugPath
    }

    // MARK: State

    func status() throws -> MachineStatus {
        let name = name
        return try remote.perform { machine in
            MachineStatus(
                name: name, state: machine.isPaused ? "paused" : "running", engine: machine.engineName,
                instructions: machine.instructionsExecuted, nanoseconds: machine.virtualNanoseconds,
                cpus: machine.cpuCount, memory: machine.memoryByteCount,
                recording: machine.recording.map {
                    Recording(first: $0.lowerBound, last: $0.upperBound, bookmarks: machine.bookmarks)
                },
                trace: machine.traceStatus.map(TraceInfo.init))
        }
    }

    func setState(_ request: StateRequest) throws -> MachineStatus {
        switch request.state {
        case "paused": try remote.perform { $0.pause() }
        case "running": try remote.perform { $0.resume() }
        case "stopped":
            let status = try status()
            remote.stop()
            return status
        default: throw ControlFailure(400, "'\(request.state)' is no state: choose running, paused or stopped")
        }
        return try status()
    }

    func reset() throws -> Done {
        try remote.perform { $0.reset() }
        return Done()
    }

    func setEngine(_ request: EngineRequest) throws -> MachineStatus {
        try remote.perform { machine in
            if let address = request.at {
                try machine.switchEngine(to: request.engine, atInstruction: address)
            } else if let count = request.after {
                try machine.switchEngine(to: request.engine, after: count)
            } else {
                try machine.switchEngine(to: request.engine)
            }
        }
        return try status()
    }

    // MARK: Snapshots

    func snapshots() throws -> [SnapshotInfo] {
        let tree = try store.store.list()
        return tree.snapshots.map { SnapshotInfo($0, in: tree) }
    }

    func takeSnapshot(_ request: SnapshotRequest) throws -> SnapshotInfo {
        let (manifest, pause) = try store.take(SnapshotLabel(name: request.name, note: request.note ?? ""))
        var info = SnapshotInfo(manifest, in: try store.store.list())
        info.pause = pause
        return info
    }

    func removeSnapshot(_ id: String) throws -> Done {
        try store.remove(id)
        return Done()
    }

    func restore(_ request: RestoreRequest) throws -> MachineStatus {
        try store.restore(request.snapshot)
        return try status()
    }

    // MARK: Time travel

    func record(_ request: RecordRequest) throws -> MachineStatus {
        try remote.perform { machine in
            if request.record { try machine.startRecording() } else { try machine.stopRecording() }
        }
        return try status()
    }

    func travel(_ request: TravelRequest) throws -> MachineStatus {
        try remote.perform { machine in
            machine.pause()
            if let instruction = request.instruction {
                try machine.travel(to: instruction)
            } else if let back = request.back {
                try machine.travel(backByNanoseconds: back)
            } else if let bookmark = request.bookmark {
                try machine.travel(toBookmark: bookmark)
            } else {
                throw ControlFailure(400, "where to? give 'instruction', 'back' or 'bookmark'")
            }
        }
        return try status()
    }

    func bookmark(_ request: BookmarkRequest) throws -> MachineStatus {
        try remote.perform { try $0.bookmark(request.name) }
        return try status()
    }

    func verify(_ request: VerifyRequest) throws -> VerifyInfo {
        switch try remote.perform({ try $0.verifyRecording(with: request.engine) }) {
        case .same(let moments, let instructions):
            VerifyInfo(isSame: true, moments: moments, instructions: instructions)
        case .differs(let part, let instruction): VerifyInfo(isSame: false, part: part, instruction: instruction)
        }
    }

    // MARK: Debugging

    func debug(_ request: DebugRequest) throws -> DebugInfo {
        try debugServer.withLock { server in
            if let server { return DebugInfo(address: server.address) }
            let address: DebugServer.Address = request.port.map { .loopbackPort($0) } ?? .path(debugPath)
            let new = try DebugServer(address, remote)
            server = new
            return DebugInfo(address: new.address)
        }
    }

    func endDebugging() -> Done {
        let server = debugServer.withLock { server in
            defer { server = nil }
            return server
        }
        server?.close()
        return Done()
    }

    func inspectCPU(_ request: ControlRequest) throws -> CPUInfo {
        let number = Int(clamping: try request.number("cpu") ?? 0)
        return try inspect(number) { cpu, _ in
            var code: [CPUInfo.Code] = []
            var address = cpu.programCounter
            while code.count < 5, let (text, count) = cpu.disassemble(at: address) {
                code.append(.init(address: hexadecimal(address), text: text))
                address &+= UInt64(count)
            }
            let registers = type(of: cpu).registers.compactMap { register in
                cpu.readRegister(register.number).map {
                    CPUInfo.Register(name: register.name, value: hexadecimal($0))
                }
            }
            return CPUInfo(cpu: number, registers: registers, code: code)
        }
    }

    func inspectMemory(_ request: ControlRequest) throws -> MemoryInfo {
        guard let address = try request.number("address") else {
            throw ControlFailure(400, "which memory? give 'address', and perhaps 'count', 'cpu' and 'physical=1'")
        }
        let count = Int(clamping: min(try request.number("count") ?? 64, 1 << 16))
        let isPhysical = request.query["physical"] == "1"
        return try inspect(Int(clamping: try request.number("cpu") ?? 0)) { cpu, machine in
            let bytes = machine.memory(at: address, count: count, of: isPhysical ? nil : cpu)
            return MemoryInfo(
                address: hexadecimal(address),
                bytes: bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        }
    }

    func inspectPageTable(_ request: ControlRequest) throws -> PageTableInfo {
        guard let address = try request.number("address") else {
            throw ControlFailure(400, "which address? give 'address', and perhaps 'cpu'")
        }
        return try inspect(Int(clamping: try request.number("cpu") ?? 0)) { cpu, _ in
            PageTableInfo(
                address: hexadecimal(address), physical: cpu.physicalAddress(ofVirtual: address).map(hexadecimal),
                steps: cpu.pageTableSteps(of: address).map {
                    .init(level: $0.level, entryAddress: hexadecimal($0.entryAddress), entry: hexadecimal($0.entry))
                })
        }
    }

    func inspectTLB(_ request: ControlRequest) throws -> TLBInfo {
        let number = Int(clamping: try request.number("cpu") ?? 0)
        return try inspect(number) { cpu, _ in
            TLBInfo(
                cpu: number,
                entries: cpu.cachedPages(limit: 10_000).map {
                    .init(page: hexadecimal($0.page), physical: hexadecimal($0.physical), accesses: $0.accesses)
                })
        }
    }

    func inspectDevices() throws -> DevicesInfo {
        try remote.perform { machine in
            DevicesInfo(
                parts: try machine.stateTree().nodes.map {
                    .init(path: $0.path, stateBytes: $0.payload.count)
                })
        }
    }

    func setRegisters(_ request: RegistersRequest) throws -> CPUInfo {
        try inspect(request.cpu) { cpu, machine in
            guard machine.isPaused else {
                throw ControlFailure(409, "the machine runs: pause it first, then set its registers")
            }
            for (name, text) in request.values {
                guard let register = type(of: cpu).registers.first(where: { $0.name == name }) else {
                    throw ControlFailure(400, "there is no register '\(name)': 'inspect cpu' shows their names")
                }
                guard let value = UInt64(control: text), cpu.writeRegister(register.number, value) else {
                    throw ControlFailure(400, "'\(name)' can not become '\(text)'")
                }
            }
        }
        return try inspectCPU(.init(method: "GET", path: "", query: ["cpu": "\(request.cpu)"], body: []))
    }

    private func inspect<Result: Sendable>(
        _ number: Int, _ body: @escaping @Sendable (any InspectableCPU, Machine) throws -> Result
    ) throws -> Result {
        try remote.perform { machine in
            guard let cpu = machine.inspectableCPU(number) else {
                throw ControlFailure(404, "there is no CPU \(number): the machine has \(machine.cpuCount), from 0")
            }
            return try body(cpu, machine)
        }
    }
}

private func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

extension SnapshotInfo {
    /// What a store says of a snapshot.
    public init(_ manifest: SnapshotManifest, in tree: SnapshotTree) {
        self.init(
            id: "\(manifest.id)", name: manifest.name, note: manifest.note,
            parent: tree.parent(of: manifest.id).map { "\($0)" }, created: manifest.createdNanoseconds,
            instructions: manifest.moment.instructionsExecuted, isCurrent: tree.visiblePosition == manifest.id)
    }
}
