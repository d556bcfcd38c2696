// A keyboard controller under test, and the accesses of a driver to it.
import Devices
import MachineCore

/// A controller whose far ends the test holds.
final class KeyboardBench {
    let world: PCIOWorld
    let controller: KeyboardController
    private let data: any Device
    private let command: any Device

    init(restoring state: KeyboardController.State = .init(), at time: UInt64 = 0) throws {
        world = try PCIOWorld(at: time)
        controller = try KeyboardController(
            .init(
                context: world.context, keyboardInterrupt: world.wires.line(1),
                mouseInterrupt: world.wires.line(12), addressLine20: world.wires.line(20),
                control: world.control),
            restoring: state)
        data = controller.makeDataPort()
        command = controller.makeCommandPort()
    }

    var status: UInt8 { UInt8(command.read(at: 0, width: .byte)) }
    var ports: [any Device] { [data, command] }

    func command(_ value: UInt8, _ arguments: UInt8...) {
        command.write(UInt64(value), at: 0, width: .byte)
        arguments.forEach(send)
    }

    /// Writes to the data port.
    func send(_ value: UInt8) { data.write(UInt64(value), at: 0, width: .byte) }

    /// Everything that waits, as a driver reads it.
    func read(limit: Int = 1000) -> [UInt8] {
        var bytes: [UInt8] = []
        while status & 1 != 0, bytes.count < limit { bytes.append(UInt8(data.read(at: 0, width: .byte))) }
        return bytes
    }

    /// Sends a byte to the keyboard or mouse and reads the answer.
    func ask(_ value: UInt8) -> [UInt8] {
        send(value)
        return read()
    }

    func askMouse(_ value: UInt8) -> [UInt8] {
        command(0xd4, value)
        return read()
    }

    func press(_ key: Key) -> [UInt8] {
        controller.send(KeyEvent(key, isPress: true))
        return read()
    }

    func release(_ key: Key) -> [UInt8] {
        controller.send(KeyEvent(key, isPress: false))
        return read()
    }
}
