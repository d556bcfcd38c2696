// The disks of a machine: files, opened and locked, behind the back end that the clock mode needs.
import Devices
import HostOS
import MachineCore
import Storage

/// Opens disks and closes them again.
final class MachineDisks {
    /// A deterministic disk answers after 100 virtual microseconds, as a fast solid-state disk does.
    private static let deterministicLatency: UInt64 = 100_000

    /// The disks for the board.
    private(set) var boardDisks: [BoardDisk] = []
    /// Their contents, in the same order.
    let contents: [ManagedDisk]
    private(set) var configurations: [DiskConfiguration]
    private var backends: [any AttachedDisk] = []

    /// Opens the disks.
    convenience init(
        _ configurations: [DiskConfiguration], _ context: DeviceContext, _ mailbox: Mailbox
    ) throws {
        let contents = try configurations.map { ManagedDisk(try $0.open()) }
        try self.init(configurations, contents, context, mailbox)
    }

    private init(
        _ configurations: [DiskConfiguration], _ contents: [ManagedDisk], _ context: DeviceContext,
        _ mailbox: Mailbox
    ) throws {
        self.configurations = configurations
        self.contents = contents
        for (disk, content) in zip(configurations, contents) {
            guard let serial = BlockSerial(disk.serial) else {
                throw MachineError(
                    "the serial \"\(disk.serial)\" of disk \(disk.path) is not valid: use at most "
                        + "\(BlockSerial.maximumLength) printable ASCII characters")
            }
            let backend = try Self.attach(content, context, mailbox)
            backends.append(backend)
            boardDisks.append(BoardDisk(backend: backend, serial: serial, connection: disk.connection))
        }
    }

    private static func attach(
        _ content: ManagedDisk, _ context: DeviceContext, _ mailbox: Mailbox
    ) throws(HostError) -> any AttachedDisk {
        if context.clock.mode == .freeRunning {
            return try AsynchronousDisk(content, log: context.log, deliver: { mailbox.post($0) })
        }
        return DeterministicDisk(
            content, latency: deterministicLatency, clock: context.clock, timers: context.timers, log: context.log)
    }

    /// The same files behind new back ends, for a board with another clock. One of both must be abandoned.
    func reattached(to context: DeviceContext, _ mailbox: Mailbox) throws -> MachineDisks {
        try MachineDisks(configurations, contents, context, mailbox)
    }

    /// Continues every disk that can be written on the overlay that is given for it. No request may be in flight.
    /// - Throws: when one can not be opened; all go on with their old files then.
    func continueOn(_ overlays: [Int: DiskConfiguration.Overlay]) throws {
        var done: [Int] = []
        let old = configurations
        do {
            for (index, overlay) in overlays.sorted(by: { $0.key < $1.key }) {
                var changed = old[index]
                changed.overlay = overlay
                try contents[index].exchange({ try changed.open() }, else: { try old[index].open() })
                configurations[index] = changed
                done.append(index)
            }
        } catch {
            for index in done {
                let changed = configurations[index]
                try contents[index].exchange({ try old[index].open() }, else: { try changed.open() })
                configurations[index] = old[index]
            }
            throw error
        }
    }

    /// Requests that the host has not completed.
    var requestsInFlight: Int { backends.reduce(0) { $0 + $1.requestsInFlight } }

    /// Completes what is in flight and makes everything durable. Every disk is closed, whatever
    /// happens with others; the first error is thrown.
    func close() throws(HostError) {
        var failure: HostError?
        for backend in backends {
            do throws(HostError) { try backend.close() } catch { failure = failure ?? error }
        }
        for content in contents { content.close() }
        if let failure { throw failure }
    }

    /// Ends the back ends; the files stay open for others.
    func abandon() { for backend in backends { backend.abandon() } }
}

extension DiskConfiguration {
    /// Opens and locks the disk's file.
    func open() throws -> any SynchronousDisk {
        guard let overlay else { return try RawDisk(path: path, readOnly: readOnly) }
        return try QCOW2Disk(path: overlay.path, readOnly: readOnly, backing: .only(overlay.allowedBacking))
    }
}
