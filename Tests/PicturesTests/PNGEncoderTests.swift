// PNG files, read back by others: Python's zlib with a decoder of twenty lines, and pngcheck where it is.
import Foundation
import Pictures
import Testing

@Suite struct PNGEncoderTests {
    /// Decodes a file as the specification says, checking every length and CRC; prints width, height and RGB.
    private static let decoder = """
        import struct, sys, zlib
        data = open(sys.argv[1], 'rb').read()
        assert data[:8] == bytes([137, 80, 78, 71, 13, 10, 26, 10])
        place, chunks = 8, []
        while place < len(data):
            length, kind = struct.unpack('>I4s', data[place:place + 8])
            body = data[place + 8:place + 8 + length]
            crc, = struct.unpack('>I', data[place + 8 + length:place + 12 + length])
            assert len(body) == length and crc == zlib.crc32(kind + body)
            chunks.append((kind, body)); place += 12 + length
        assert [c[0] for c in chunks] == [b'IHDR', b'IDAT', b'IEND'] and chunks[2][1] == b''
        width, height, depth, color, c, f, i = struct.unpack('>IIBBBBB', chunks[0][1])
        assert (depth, color, c, f, i) == (8, 2, 0, 0, 0)
        raw = zlib.decompress(chunks[1][1]); size = width * 3
        assert len(raw) == height * (size + 1)
        above, out = bytes(size), bytearray()
        for line in range(height):
            kind, row = raw[line * (size + 1)], raw[line * (size + 1) + 1:(line + 1) * (size + 1)]
            assert kind in (0, 2)
            above = bytes((a + b) & 255 for a, b in zip(row, above)) if kind == 2 else row
            out += above
        sys.stdout.buffer.write(struct.pack('>II', width, height) + out)
        """

    private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: [UInt8]) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, Array(output))
    }

    @Test(arguments: [(1, 1), (3, 2), (720, 400), (1, 999), (1023, 5)])
    func anotherDecoderReadsTheSamePixels(width: Int, height: Int) throws {
        let rgb = (0..<(width * height * 3)).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7 &+ $0 / width) }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).png")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(PNGEncoder.encode(rgb: rgb, width: width, height: height)).write(to: file)
        let (status, output) = try run("python3", ["-c", Self.decoder, file.path])
        #expect(status == 0, "python3 refused the file: install python3, or see its message")
        let sizes = [width, height].flatMap { size in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) }
        }
        #expect(output == sizes + rgb)
    }

    @Test func screensCompress() throws {
        let rgb = [UInt8](repeating: 0x55, count: 1280 * 800 * 3)
        #expect(try PNGEncoder.encode(rgb: rgb, width: 1280, height: 800).count < 20_000)
    }

    @Test func wrongSizesAreRefused() {
        for (count, width, height) in [(0, 0, 0), (3, 1, 2), (3, -1, -1), (3, 1 << 20, 1), (4, 1, 1)] {
            #expect(throws: PNGEncoder.Failure.self) {
                try PNGEncoder.encode(rgb: [UInt8](repeating: 0, count: count), width: width, height: height)
            }
        }
    }
}
