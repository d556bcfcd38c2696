// What a screen shows at one moment.

/// A picture of whole pixels, without transparency.
public struct Picture: Equatable, Sendable {
    /// Pixels in a line, 1 or more.
    public let width: Int
    /// Lines, 1 or more.
    public let height: Int
    /// Red, green and blue of each pixel, 8 bits each, line by line from the top, without gaps.
    public internal(set) var rgb: [UInt8]

    /// A black picture.
    /// - Precondition: both sizes are 1 or more.
    public init(width: Int, height: Int) {
        precondition(width > 0 && height > 0, "a picture has pixels")
        self.width = width
        self.height = height
        rgb = [UInt8](repeating: 0, count: width * height * 3)
    }

    /// A color: red in bits 23:16, green in 15:8, blue in 7:0.
    typealias Color = UInt32

    /// Puts colors into line `line`: as many as there are, from the left.
    mutating func setLine(_ line: Int, _ colors: [Color]) {
        var place = line * width * 3
        for color in colors.prefix(width) {
            rgb[place] = UInt8(truncatingIfNeeded: color >> 16)
            rgb[place + 1] = UInt8(truncatingIfNeeded: color >> 8)
            rgb[place + 2] = UInt8(truncatingIfNeeded: color)
            place += 3
        }
    }
}
