// The disks of a machine: files, opened and locked, behind the back end that the clock mode needs.
import Devices
import HostOS
import MachineCore
import Storage
import VirtRISCV

/// Opens disks and closes them again.
final class MachineDisks {
    private enum Backend {
        case asynchronous(AsynchronousDisk)
        case deterministic(DeterministicDisk)

        var block: any BlockBackend {
            switch self {
            case .asynchronous(let disk): disk
            case .deterministic(let disk): disk
            }
        }
    }

    /// A deterministic disk answers after 100 virtual microseconds, as a fast solid-state disk does.
    private static let deterministicLatency: UInt64 = 100_000

    /// The disks for the board.
    private(set) var boardDisks: [BoardDisk] = []
    private var backends: [Backend] = []

    init(_ disks: [DiskConfiguration], _ context: DeviceContext, _ mailbox: Mailbox) throws {
        for disk in disks {
            guard let serial = BlockSerial(disk.serial) else {
                throw MachineError(
                    "the serial \"\(disk.serial)\" of disk \(disk.path) is not valid: use at most "
                        + "\(BlockSerial.maximumLength) printable ASCII characters")
            }
            let file = try RawDisk(path: disk.path, readOnly: disk.readOnly)
            let backend: Backend
            if context.clock.mode == .freeRunning {
                backend = .asynchronous(
                    try AsynchronousDisk(file, log: context.log, deliver: { mailbox.post($0) }))
            } else {
                backend = .deterministic(
                    DeterministicDisk(
                        file, latency: Self.deterministicLatency, clock: context.clock, timers: context.timers,
                        log: context.log))
            }
            backends.append(backend)
            boardDisks.append(BoardDisk(backend: backend.block, serial: serial))
        }
    }

    /// Requests that the host has not completed.
    var requestsInFlight: Int {
        backends.reduce(0) { count, backend in
            switch backend {
            case .asynchronous(let disk): count + disk.requestsInFlight
            case .deterministic(let disk): count + disk.requestsInFlight
            }
        }
    }

    /// Completes what is in flight and makes everything durable. Every disk is closed, whatever
    /// happens with others; the first error is thrown.
    func close() throws(HostError) {
        var failure: HostError?
        for backend in backends {
            do throws(HostError) {
                switch backend {
                case .asynchronous(let disk): try disk.close()
                case .deterministic(let disk): try disk.close()
                }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }
}
