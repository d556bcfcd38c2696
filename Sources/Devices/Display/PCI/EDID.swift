// What the monitor says about itself.

/// The description that a monitor gives of itself, as the block that drivers read.
///
/// Source: VESA Enhanced Extended Display Identification Data Standard, release A revision 2 (EDID 1.4).
public enum EDID {
    /// The block of a monitor that prefers `width` x `height` pixels at 60 Hz.
    /// - Parameters:
    ///   - width: 64 to 4088 pixels; others are brought into that range and rounded down to a multiple of 8.
    ///   - height: 64 to 4095 pixels; other values are brought into that range.
    /// - Returns: 128 bytes.
    public static func block(width: Int, height: Int) -> [UInt8] {
        var block: [UInt8] = [0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00]
        // Manufacturer "STG" in letters of five bits; product 1, no serial number, year of the model 2026.
        block += [0x4e, 0x87, 0x01, 0x00, 0, 0, 0, 0, 0xff, 36, 1, 4]
        // Digital, 8 bits for each color; no size, gamma 2.2; RGB 4:4:4, the first timing is the native one.
        block += [0xa0, 0, 0, 120, 0b0000_0110]
        // Chromaticity of sRGB.
        block += [0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54]
        // Established timings at 60 Hz: 640x480, 800x600, 1024x768. No standard timings.
        block += [0x21, 0x08, 0x00] + [UInt8](repeating: 0x01, count: 16)
        block += timing(width: min(max(width, 64), 4088) & ~7, height: min(max(height, 64), 4095))
        block += rangeLimits() + name("Starling") + [UInt8](repeating: 0, count: 3) + [0x10]
        block += [UInt8](repeating: 0, count: 14)
        // No extensions; the sum of all bytes is 0.
        block.append(0)
        block.append(0 &- block.reduce(0, &+))
        return block
    }

    /// Blanking of a display that needs next to none (VESA CVT, reduced blanking).
    private static let horizontalBlank = 160
    private static let verticalBlank = 30

    /// A detailed timing (section 3.10.2): 18 bytes.
    private static func timing(width: Int, height: Int) -> [UInt8] {
        // In units of 10 kHz, and 16 bits.
        let clock = min((width + horizontalBlank) * (height + verticalBlank) * 60 / 10_000, 0xffff)
        func low(_ value: Int) -> UInt8 { UInt8(truncatingIfNeeded: value) }
        func highs(_ first: Int, _ second: Int) -> UInt8 { low((first >> 8) << 4 | second >> 8) }
        return [
            low(clock), low(clock >> 8), low(width), low(horizontalBlank), highs(width, horizontalBlank),
            low(height), low(verticalBlank), highs(height, verticalBlank),
            // Sync: 48 dots behind the picture, 32 long; 3 lines behind it, 6 long.
            48, 32, 3 << 4 | 6, 0, 0, 0, 0, 0, 0,
            // Digital separate sync, horizontal positive.
            0b0001_1010,
        ]
    }

    /// Display range limits (section 3.10.3.3): 50 to 125 Hz, 30 to 160 kHz, up to 2550 MHz.
    private static func rangeLimits() -> [UInt8] {
        [0, 0, 0, 0xfd, 0, 50, 125, 30, 160, 255, 1, 0x0a] + [UInt8](repeating: 0x20, count: 6)
    }

    /// The product's name (section 3.10.3.4), up to 13 characters.
    private static func name(_ text: String) -> [UInt8] {
        let padded = Array(text.utf8.prefix(12)) + [0x0a] + [UInt8](repeating: 0x20, count: 12)
        return [0, 0, 0, 0xfc, 0] + padded.prefix(13)
    }
}
