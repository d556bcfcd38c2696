// The port for firmware's text.
import Devices
import MachineCore
import Testing

struct DebugConsoleTests {
    private final class Text { var bytes: [UInt8] = [] }

    @Test func textArrivesAndReadsShowThatSomebodyListens() throws {
        let text = Text()
        let device = try DebugConsole(.init { text.bytes.append($0) }, restoring: .init())
        for byte in Array("SeaBIOS\n".utf8) { device.write(UInt64(byte), at: 0, width: .byte) }
        device.write(0x41, at: 0, width: .half)
        device.write(0x41, at: 1, width: .byte)
        #expect(text.bytes == Array("SeaBIOS\n".utf8))
        #expect(device.read(at: 0, width: .byte) == 0xe9)
        #expect(try encodedAndDecoded(device.state) == DebugConsole.State())
        device.fuzz(count: 20_000, seed: 0x402, offsets: [0])
    }
}
