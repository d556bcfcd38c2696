// Pictures as PNG files.
import CZlib

/// Writes Portable Network Graphics.
///
/// Source: W3C, "Portable Network Graphics (PNG) Specification", second edition (ISO/IEC 15948).
public enum PNGEncoder {
    /// What can not be made into a file.
    public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        /// The cause and the next step, in one line.
        public let description: String
    }

    /// The longest side in pixels that is written: no screen is larger.
    public static let maximumSide = 1 << 16

    /// The file for a picture.
    /// - Parameters:
    ///   - rgb: red, green and blue of each pixel, 8 bits each, line by line from the top, without gaps.
    ///   - width: pixels in a line, 1 to `maximumSide`.
    ///   - height: lines, 1 to `maximumSide`.
    public static func encode(rgb: [UInt8], width: Int, height: Int) throws(Failure) -> [UInt8] {
        guard (1...maximumSide).contains(width), (1...maximumSide).contains(height) else {
            throw Failure(
                description: "\(width) x \(height) pixels can not be a PNG file: take a smaller picture")
        }
        guard rgb.count == width * height * 3 else {
            throw Failure(
                description: "\(rgb.count) bytes are not \(width) x \(height) pixels: give 3 for each")
        }
        // 8 bits for each component, RGB, the only methods of compression and filtering, not interlaced.
        let header = bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0]
        let data = try compress(filtered(rgb, lineByteCount: width * 3))
        let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        return signature + chunk("IHDR", header) + chunk("IDAT", data) + chunk("IEND", [])
    }

    /// Puts a filter's number before each line (section 9): 2, "up", for a line that is like the one above in
    /// most screens, and 0, "none", for the first.
    private static func filtered(_ rgb: [UInt8], lineByteCount: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(rgb.count + rgb.count / lineByteCount)
        for start in stride(from: 0, to: rgb.count, by: lineByteCount) {
            result.append(start == 0 ? 0 : 2)
            if start == 0 {
                result += rgb[..<lineByteCount]
                continue
            }
            for place in start..<(start + lineByteCount) {
                result.append(rgb[place] &- rgb[place - lineByteCount])
            }
        }
        return result
    }

    private static func compress(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        var count = compressBound(uLong(bytes.count))
        var code = Z_OK
        let result = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
            code = compress2(buffer.baseAddress, &count, bytes, uLong(bytes.count), Z_DEFAULT_COMPRESSION)
            initialized = code == Z_OK ? Int(count) : 0
        }
        guard code == Z_OK else {
            throw Failure(
                description: "zlib could not compress a picture (code \(code)): is there enough memory?")
        }
        return result
    }

    /// A chunk (section 5.3): length, type, data, and the CRC of type and data.
    private static func chunk(_ type: StaticString, _ data: [UInt8]) -> [UInt8] {
        let body = type.withUTF8Buffer { Array($0) } + data
        let code = crc32(0, body, uInt(body.count))
        return bigEndian(data.count) + body + bigEndian(Int(code))
    }

    private static func bigEndian(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
