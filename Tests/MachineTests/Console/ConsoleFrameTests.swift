// The console's protocol: frames in, frames out, and everything that is none.
import Testing

@testable import Machine

@Suite struct ConsoleFrameTests {
    @Test func layout() {
        #expect(ConsoleFrame.encoded(.input, [0x61, 0x62]) == [1, 0, 2, 0x61, 0x62])
        #expect(ConsoleFrame.encoded(.output, [UInt8](repeating: 5, count: 300)).prefix(4) == [2, 1, 0x2c, 5])
        #expect(ConsoleFrame.encoded(.stop, []) == [3, 0, 0])
        #expect(ConsoleFrame.encoded(.input, []) == [])
    }

    @Test func longPayloadsBecomeSeveralFrames() throws {
        let payload = (0..<40_000).map { UInt8(truncatingIfNeeded: $0) }
        var decoder = ConsoleFrameDecoder()
        let frames = try decoder.frames(ConsoleFrame.encoded(.output, payload))
        #expect(frames.count == 3)
        let joined = frames.flatMap { frame in
            if case .output(let bytes) = frame { bytes } else { [UInt8]() }
        }
        #expect(joined == payload)
    }

    @Test func anyDivisionOfTheStreamGivesTheSameFrames() throws {
        let long = [UInt8](repeating: 9, count: 300)
        let sent: [ConsoleFrame] = [.input([1]), .stop, .output([2, 3]), .input(long), .stop]
        let stream = ConsoleFrame.encoded(.input, [1]) + ConsoleFrame.encoded(.stop, [])
            + ConsoleFrame.encoded(.output, [2, 3]) + ConsoleFrame.encoded(.input, long)
            + ConsoleFrame.encoded(.stop, [])
        var random = TestRandom(state: 5)
        for _ in 0..<500 {
            var decoder = ConsoleFrameDecoder()
            var rest = stream[...]
            var received: [ConsoleFrame] = []
            while !rest.isEmpty {
                let count = Int.random(in: 0...min(rest.count, 20), using: &random)
                received += try decoder.frames(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            #expect(received == sent)
        }
    }

    @Test(arguments: [
        [0], [4], [255], [1, 0, 0], [2, 0, 0], [3, 0, 1], [1, 0x40, 1], [2, 0xff, 0xff], [3, 0, 0, 7],
    ] as [[UInt8]])
    func malformed(_ bytes: [UInt8]) {
        var decoder = ConsoleFrameDecoder()
        #expect(throws: MalformedFrame.self) { try decoder.frames(bytes) }
    }

    @Test func randomStreams() {
        var random = TestRandom(state: 6)
        for _ in 0..<20_000 {
            var decoder = ConsoleFrameDecoder()
            var isBroken = false
            for _ in 0..<6 where !isBroken {
                let count = Int.random(in: 0...12, using: &random)
                var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                // Mostly kinds that exist.
                if !bytes.isEmpty { bytes[0] &= 3 }
                do {
                    for frame in try decoder.frames(bytes) {
                        if case .input(let payload) = frame { #expect(!payload.isEmpty) }
                    }
                } catch { isBroken = true }
            }
        }
    }

    @Test func historyForgetsTheOldest() {
        var history = ConsoleHistory()
        #expect(history.replayStart == 0)
        #expect(history.bytes(from: 0, limit: 10) == [])
        #expect(history.bytes(from: 1, limit: 10) == nil)
        let lines = (0..<(ConsoleHistory.capacity / 1000 + 5)).map {
            [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 1000)
        }
        for line in lines { history.append(line) }
        let all = lines.flatMap { $0 }
        #expect(history.end == UInt64(all.count))
        #expect(history.replayStart == UInt64(all.count - 65_536))
        let oldest = UInt64(all.count - ConsoleHistory.capacity)
        #expect(history.bytes(from: oldest - 1, limit: 10) == nil)
        #expect(history.bytes(from: oldest, limit: 10) == Array(all[Int(oldest)..<Int(oldest) + 10]))
        #expect(history.bytes(from: history.replayStart, limit: .max) == Array(all.suffix(65_536)))
        #expect(history.bytes(from: history.end, limit: 10) == [])
    }
}
