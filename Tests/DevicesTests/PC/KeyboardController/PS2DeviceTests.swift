// Keyboard and mouse behind the controller: scan codes, commands, packets.
import Devices
import MachineCore
import Testing

/// Linux's key codes for USB HID usages from 0x04 on (`hid_keyboard` in its HID driver). Up to 88 a key code
/// of Linux is the key's code in scan code set 1; 0 stands for keys above.
private let linuxKeyCodes: [UInt8] = [
    30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, 25, 16, 19, 31, 20, 22, 47, 17, 45,
    21, 44, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 28, 1, 14, 15, 57, 12, 13, 26, 27, 43, 43, 39, 40, 41,
    51, 52, 53, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 87, 88, 0, 70, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 69, 0, 55, 74, 78, 0, 79, 80, 81, 75, 76, 77, 71, 72, 73, 82, 83, 86,
]

struct PS2KeyboardTests {
    @Test func setOneIsWhatLinuxKnows() throws {
        let bench = try KeyboardBench()
        for (index, code) in linuxKeyCodes.enumerated() where code != 0 {
            let key = Key(rawValue: UInt8(0x04 + index))
            #expect(bench.press(key) == [code], "usage \(key.rawValue)")
            #expect(bench.release(key) == [code | 0x80])
        }
        for (key, code) in [(Key.leftControl, 29), (.leftShift, 42), (.leftAlt, 56), (.rightShift, 54)] {
            #expect(bench.press(key) == [UInt8(code)])
        }
    }

    /// The codes of the keys that the 84-key keyboard did not have, as every table of set 1 lists them.
    @Test(arguments: [
        (Key.up, 0x48), (.down, 0x50), (.left, 0x4b), (.right, 0x4d), (.home, 0x47), (.end, 0x4f),
        (.pageUp, 0x49), (.pageDown, 0x51),
        (.insert, 0x52), (.delete, 0x53), (.rightControl, 0x1d), (.rightAlt, 0x38),
        (.leftMeta, 0x5b), (.rightMeta, 0x5c), (Key(rawValue: 0x65), 0x5d), (Key(rawValue: 0x54), 0x35),
        (Key(rawValue: 0x58), 0x1c),
    ] as [(Key, UInt8)])
    func extendedKeys(key: Key, code: UInt8) throws {
        let bench = try KeyboardBench()
        #expect(bench.press(key) == [0xe0, code] && bench.release(key) == [0xe0, code | 0x80])
    }

    @Test func keysWithLongCodes() throws {
        let bench = try KeyboardBench()
        #expect(bench.press(.pause) == [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5] && bench.release(.pause) == [])
        #expect(bench.press(.printScreen) == [0xe0, 0x2a, 0xe0, 0x37])
        #expect(bench.release(.printScreen) == [0xe0, 0xb7, 0xe0, 0xaa])
        #expect(bench.press(Key(rawValue: 0)) == [] && bench.press(Key(rawValue: 0xff)) == [])
    }

    @Test func setsWithoutTranslation() throws {
        let bench = try KeyboardBench()
        bench.command(0x60, 0x07)
        #expect(bench.press(.escape) == [0x76] && bench.release(.escape) == [0xf0, 0x76])
        #expect(bench.release(.up) == [0xe0, 0xf0, 0x75])
        _ = bench.ask(0xf0)
        #expect(bench.ask(3) == [0xfa])
        #expect(bench.press(.escape) == [0x08] && bench.release(.up) == [0xf0, 0x63])
        _ = bench.ask(0xf0)
        #expect(bench.ask(0) == [0xfa, 3])
        _ = bench.ask(0xf0)
        #expect(bench.ask(1) == [0xfa])
        #expect(bench.release(.escape) == [0x81] && bench.release(.up) == [0xe0, 0xc8])
        _ = bench.ask(0xf0)
        #expect(bench.ask(9) == [0xfe])
    }

    @Test func commands() throws {
        let bench = try KeyboardBench()
        #expect(bench.ask(0xf2) == [0xfa, 0xab, 0x41], "83 translates to 41, which Linux expects")
        #expect(bench.ask(0xed) == [0xfa] && bench.ask(0x02) == [0xfa] && bench.controller.indicators == 2)
        #expect(bench.ask(0xed) == [0xfa] && bench.ask(0xf4) == [0xfa], "a command instead of the argument")
        #expect(bench.ask(0xf3) == [0xfa] && bench.ask(0x20) == [0xfa])
        #expect(bench.ask(0xfe) == [0xfa] && bench.ask(0xee) == [0xee] && bench.ask(0x55) == [0xfe])
        #expect(bench.ask(0xf5) == [0xfa] && bench.press(.enter) == [])
        #expect(bench.ask(0xf4) == [0xfa] && bench.press(.enter) == [0x1c])
    }

    @Test func aFullBufferShowsIt() throws {
        let bench = try KeyboardBench()
        bench.command(0xad)
        for _ in 0..<40 { bench.controller.send(KeyEvent(.tab, isPress: true)) }
        bench.command(0xae)
        let bytes = bench.read()
        #expect(bytes.count == 16 && bytes.dropLast().allSatisfy { $0 == 0x0f } && bytes.last == 0xff)
        #expect(bench.press(.tab) == [0x0f])
    }

    @Test func textBecomesKeys() throws {
        let events = try KeyboardLayout.events(typing: "a?\n")
        let slash = KeyEvent(.slash, isPress: true)
        #expect(events.count == 8 && events[3] == slash && events[2] == KeyEvent(.leftShift, isPress: true))
        let printable = String(String.UnicodeScalarView((0x20...0x7e).compactMap(UnicodeScalar.init)))
        let all = try KeyboardLayout.events(typing: printable)
        let strokes = all.filter { $0.isPress && $0.key != .leftShift }
        #expect(strokes.count == 95 && Set(strokes.map(\.key)).count == 48)
        #expect(throws: UntypableCharacter(character: "\u{e9}")) {
            try KeyboardLayout.events(typing: "caf\u{e9}")
        }
    }
}

struct PS2MouseTests {
    private func knock(_ bench: KeyboardBench, _ rates: [UInt8]) {
        for rate in rates { #expect(bench.askMouse(0xf3) + bench.askMouse(rate) == [0xfa, 0xfa]) }
    }

    @Test func identifiesItselfAndTakesDefaults() throws {
        let bench = try KeyboardBench()
        #expect(bench.askMouse(0xff) == [0xfa, 0xaa, 0x00] && bench.askMouse(0xf2) == [0xfa, 0x00])
        #expect(bench.askMouse(0xe9) == [0xfa, 0x00, 0x02, 100])
        knock(bench, [200, 100, 80])
        #expect(bench.askMouse(0xf2) == [0xfa, 0x03])
        knock(bench, [200, 200, 80])
        #expect(bench.askMouse(0xf2) == [0xfa, 0x04])
        #expect(bench.askMouse(0xff) == [0xfa, 0xaa, 0x00] && bench.askMouse(0xf2) == [0xfa, 0x00])
        #expect(bench.askMouse(0x12) == [0xfe])
    }

    @Test func reportsMovesAndClicks() throws {
        let bench = try KeyboardBench()
        bench.controller.moveMouse(right: 9, down: 9)
        #expect(bench.read() == [], "not before it is enabled")
        #expect(bench.askMouse(0xf4) == [0xfa])
        bench.controller.moveMouse(right: 5, down: 3)
        #expect(bench.status & 0x20 != 0 && bench.world.wires[12])
        #expect(bench.read() == [0x28, 5, 0xfd])
        bench.controller.moveMouse(right: -300, down: 0)
        #expect(bench.read() == [0x18, 0x01, 0, 0x18, 0xd3, 0])
        for buttons in [1, 0, 2, 0, 4, 0] as [UInt8] { bench.controller.setMouseButtons(buttons) }
        #expect(bench.read() == [9, 0, 0, 8, 0, 0, 10, 0, 0, 8, 0, 0, 12, 0, 0, 8, 0, 0])
        bench.controller.moveMouse(right: 0, down: 0, wheel: 5)
        #expect(bench.read() == [], "there is no wheel yet")
    }

    @Test func movesThatWaitAreOnePacket() throws {
        let bench = try KeyboardBench()
        #expect(bench.askMouse(0xf4) == [0xfa])
        for _ in 0..<50 { bench.controller.moveMouse(right: 2, down: 0) }
        #expect(bench.read() == [8, 2, 0, 8, 98, 0])
    }

    @Test func theWheelAndTheSideButtons() throws {
        let bench = try KeyboardBench()
        knock(bench, [200, 100, 80])
        #expect(bench.askMouse(0xf4) == [0xfa])
        bench.controller.moveMouse(right: 0, down: 0, wheel: -1)
        #expect(bench.read() == [8, 0, 0, 0xff])
        knock(bench, [200, 200, 80])
        bench.controller.setMouseButtons(0x10)
        #expect(bench.read() == [8, 0, 0, 0x20])
        bench.controller.moveMouse(right: 0, down: 0, wheel: 9)
        #expect(bench.read() == [8, 0, 0, 0x27, 8, 0, 0, 0x22])
    }

    @Test func remoteAndWrapModes() throws {
        let bench = try KeyboardBench()
        #expect(bench.askMouse(0xf0) == [0xfa])
        bench.controller.moveMouse(right: 1, down: -1)
        #expect(bench.read() == [] && bench.askMouse(0xeb) == [0xfa, 8, 1, 1])
        #expect(bench.askMouse(0xea) == [0xfa] && bench.askMouse(0xee) == [0xfa])
        #expect(bench.askMouse(0xf2) == [0xf2] && bench.askMouse(0xec) == [0xfa])
        bench.controller.setMouseButtons(5)
        #expect(bench.askMouse(0xe9) == [0xfa, 0x06, 2, 100])
    }
}
