// A SATA controller under test, and a small driver for it.
import Devices
import MachineCore

/// A controller with RAM; commands lie at fixed places there, by port and slot.
final class SATABench {
    /// What a command is made of.
    struct Command {
        var code: UInt8
        var address: UInt64 = 0
        var count: UInt16 = 0
        var features: UInt16 = 0
        var device: UInt8 = 0x40
        var packet: [UInt8] = []
        var isWrite = false
        /// Where data goes or comes from, and how much of it.
        var areas: [(address: UInt64, count: Int)] = []
    }

    let world: PCIOWorld
    let controller: AHCIController

    init(
        _ attachments: [AHCIController.Attachment], restoring state: AHCIController.State? = nil,
        copying source: SATABench? = nil
    ) throws {
        world = try PCIOWorld(byteCount: 2 << 20)
        if let source {
            world.memory.hostBase.copyMemory(from: source.world.memory.hostBase, byteCount: 2 << 20)
        }
        controller = try AHCIController(
            .init(context: world.context, interrupt: world.wires.line(), attachments: attachments),
            restoring: state ?? .powerOn(attachments))
    }

    var interrupt: Bool { world.wires[0] }

    subscript(register: UInt64) -> UInt32 {
        get { UInt32(controller.read(bar: 5, at: register, width: .word)) }
        set { controller.write(UInt64(newValue), bar: 5, at: register, width: .word) }
    }

    subscript(port: Int, register: UInt64) -> UInt32 {
        get { self[0x100 + UInt64(port) * 0x80 + register] }
        set { self[0x100 + UInt64(port) * 0x80 + register] = newValue }
    }

    func list(_ port: Int) -> UInt64 { 0x1_0000 + UInt64(port) * 0x1000 }
    func received(_ port: Int) -> UInt64 { 0x2_0000 + UInt64(port) * 0x1000 }
    func table(_ port: Int, _ slot: Int) -> UInt64 {
        0x4_0000 + UInt64(port) * 0x1_0000 + UInt64(slot) * 0x800
    }
    /// Where simple commands have their data.
    static let data: UInt64 = 0x10_0000

    /// Memory and bus master on, interrupts on, all ports started.
    func start() {
        controller.writeConfiguration(0x6, at: 4, width: .half)
        self[0x04] = 1 << 31 | 1 << 1
        for port in 0..<6 {
            self[port, 0x00] = UInt32(list(port))
            self[port, 0x08] = UInt32(received(port))
            self[port, 0x30] = ~0
            self[port, 0x10] = ~0
            self[port, 0x14] = ~0
            self[port, 0x18] = 0x11
        }
        self[0x08] = ~0
    }

    /// Lays a command into RAM without issuing it.
    func place(_ command: Command, port: Int = 0, slot: Int = 0) {
        let memory = world.memory
        let table = table(port, slot)
        let flags: UInt32 = 5 | (command.packet.isEmpty ? 0 : 1 << 5) | (command.isWrite ? 1 << 6 : 0)
        let header = list(port) + UInt64(slot) * 32
        _ = memory.store(flags | UInt32(command.areas.count) << 16, at: header)
        _ = memory.store(0xffff_ffff as UInt32, at: header + 4)
        _ = memory.store(table, at: header + 8)
        func byte(_ value: UInt64, _ index: UInt64) -> UInt8 {
            UInt8(truncatingIfNeeded: value >> (8 * index))
        }
        let address = command.address
        let features = UInt64(command.features)
        let low = [byte(address, 0), byte(address, 1), byte(address, 2), command.device]
        let high = [byte(address, 3), byte(address, 4), byte(address, 5), byte(features, 1)]
        let count = [byte(UInt64(command.count), 0), byte(UInt64(command.count), 1), 0, 0]
        _ = memory.write([0x27, 0x80, command.code, byte(features, 0)] + low + high + count, at: table)
        _ = memory.write([UInt8](repeating: 0, count: 4), at: table + 16)
        let packet = command.packet + [UInt8](repeating: 0, count: max(0, 16 - command.packet.count))
        _ = memory.write(packet, at: table + 0x40)
        for (index, area) in command.areas.enumerated() {
            let entry = table + 0x80 + UInt64(index) * 16
            _ = memory.store(area.address, at: entry)
            _ = memory.store(UInt64(area.count - 1) << 32, at: entry + 8)
        }
    }

    func issue(_ command: Command, port: Int = 0, slot: Int = 0) {
        place(command, port: port, slot: slot)
        self[port, 0x38] = 1 << UInt32(slot)
    }

    /// Status and error after a command that needs no back end; the port is started again after an error.
    func run(_ command: Command, port: Int = 0) -> UInt32 {
        issue(command, port: port)
        let taskFile = self[port, 0x20]
        if self[port, 0x38] != 0 {
            self[port, 0x18] = 0x10
            self[port, 0x18] = 0x11
        }
        self[port, 0x10] = ~0
        self[0x08] = ~0
        return taskFile
    }

    /// A packet with room for an answer at `data`.
    func run(packet: [UInt8], port: Int = 0, room: Int = 0x1000) -> UInt32 {
        let areas = room > 0 ? [(address: Self.data, count: room)] : []
        return run(Command(code: 0xa0, features: 1, packet: packet, areas: areas), port: port)
    }

    func bytes(_ count: Int, at address: UInt64 = SATABench.data) -> [UInt8] {
        world.memory.bytes(at: address, count: count) ?? []
    }

    /// How many bytes the controller says it has moved for slot 0.
    func transferred(port: Int = 0) -> UInt32? { world.memory.load(UInt32.self, at: list(port) + 4) }
}

extension DriveIdentity {
    static let test = DriveIdentity(model: "Starling Test Drive", serial: "S-0001", firmware: "9.8")!
}
