// The Bochs VBE registers, and the mode that they describe.
import MachineCore

extension VGA {
    /// The registers of the Bochs VBE interface ("DISPI"), as they were written.
    ///
    /// Source: Bochs, "VBE display interface" (`iodev/display/vga.h`: the indices and bits), and QEMU,
    /// docs/specs/standard-vga.
    public struct VBE: Codable, Equatable, Sendable {
        /// The register that the data port reaches.
        public var index: UInt16 = 0
        /// The version that the guest asked for, 0xb0c0 to 0xb0c5.
        public var version: UInt16 = VBE.newestVersion
        /// The enable register: see `Enable`.
        public var enable: UInt16 = 0
        /// Pixels in a line: it counts when the mode is enabled.
        public var width: UInt16 = 0
        /// Lines.
        public var height: UInt16 = 0
        /// Bits for each pixel.
        public var bitsPerPixel: UInt16 = 0
        /// Which 64 KiB of video memory are seen at 0xa0000.
        public var bank: UInt16 = 0
        /// The length of a line with its invisible part, in pixels.
        public var virtualWidth: UInt16 = 0
        /// Where in the virtual screen the visible part begins: pixels from the left.
        public var xOffset: UInt16 = 0
        /// Lines from the top.
        public var yOffset: UInt16 = 0

        /// The state after power-on: disabled.
        public init() {}
    }
}

extension VGA.VBE {
    static let newestVersion: UInt16 = 0xb0c5
    static let oldestVersion: UInt16 = 0xb0c0
    /// The largest resolution in pixels: it bounds the pictures of a screen.
    static let maximumWidth: UInt16 = 7680
    static let maximumHeight: UInt16 = 4320

    /// The registers by index.
    enum Register: UInt16 {
        case version = 0
        case width, height, bitsPerPixel, enable, bank, virtualWidth, virtualHeight, xOffset, yOffset
        /// The size of video memory in units of 64 KiB.
        case memorySize
    }

    /// Bits of the enable register.
    enum Enable {
        static let enabled: UInt16 = 1 << 0
        /// Width, height and depth read as the largest possible values.
        static let capabilities: UInt16 = 1 << 1
        /// The color look-up table has eight bits for a component, not six.
        static let eightBitPalette: UInt16 = 1 << 5
        /// The guest uses the linear frame buffer. It is always there, so the bit has no effect.
        static let linear: UInt16 = 1 << 6
        static let keepsMemory: UInt16 = 1 << 7
        static let all = enabled | capabilities | eightBitPalette | linear | keepsMemory
    }

    var isEnabled: Bool { enable & Enable.enabled != 0 }
    var hasEightBitPalette: Bool { enable & Enable.eightBitPalette != 0 }

    func validate(videoMemoryByteCount: UInt64) throws(StateError) {
        guard enable & ~Enable.all == 0, (Self.oldestVersion...Self.newestVersion).contains(version),
            UInt64(bank) < videoMemoryByteCount >> 16
        else { throw StateError(part: "vga", reason: "a VBE register has a value that it can not take") }
    }

    /// What the registers ask for, brought into what is possible; nil while disabled. A guest can write
    /// anything, and there is no way to refuse.
    func mode(videoMemoryByteCount: UInt64) -> VGA.VBEMode? {
        guard isEnabled else { return nil }
        let depth = Depth(bitsPerPixel)
        let memory = Int(videoMemoryByteCount)
        let width = max(8, Int(min(self.width, Self.maximumWidth)) & ~7)
        // In all depths four bits or more, so that a line is never longer than the memory.
        let lineWidth = min(max(width, Int(virtualWidth)), memory / depth.storedBytes(1)) & ~7
        let lineByteCount = depth.storedBytes(lineWidth)
        let virtualHeight = memory / lineByteCount
        let height = min(max(1, Int(min(self.height, Self.maximumHeight))), virtualHeight)
        return VGA.VBEMode(
            depth: depth, width: width, height: height, lineWidth: lineWidth, lineByteCount: lineByteCount,
            virtualHeight: min(virtualHeight, 0xffff), xOffset: min(Int(xOffset), lineWidth - width),
            yOffset: min(Int(yOffset), virtualHeight - height))
    }

    /// The formats of a pixel.
    enum Depth: Int {
        /// Four planes of one bit; the planes' bytes are interleaved in video memory.
        case planar4 = 4
        /// An index into the color look-up table.
        case palette8 = 8
        /// Blue in the low bits; 5 bits each.
        case rgb15 = 15
        /// 5 bits of blue, 6 of green, 5 of red.
        case rgb16 = 16
        /// Bytes: blue, green, red.
        case rgb24 = 24
        /// Bytes: blue, green, red, unused.
        case rgb32 = 32

        /// The depth that the register asks for; the smallest that has as many bits, or the largest.
        init(_ bitsPerPixel: UInt16) {
            let depths: [Depth] = [.planar4, .palette8, .rgb15, .rgb16, .rgb24]
            // 0 was the depth of the oldest version of the interface, which had only one.
            if bitsPerPixel == 0 { self = .palette8; return }
            self = depths.first { bitsPerPixel <= $0.rawValue } ?? .rgb32
        }

        /// The bytes of video memory that `pixels` (a multiple of 8, or 1 to ask for the upper bound) take.
        func storedBytes(_ pixels: Int) -> Int {
            switch self {
            case .planar4: return (pixels + 1) / 2
            case .palette8: return pixels
            case .rgb15, .rgb16: return pixels * 2
            case .rgb24: return pixels * 3
            case .rgb32: return pixels * 4
            }
        }
    }
}

extension VGA {
    /// An enabled VBE mode. All of it is inside video memory.
    struct VBEMode: Equatable {
        let depth: VBE.Depth
        /// The visible pixels.
        let width: Int
        let height: Int
        /// A line with its invisible part, in pixels and in bytes of video memory.
        let lineWidth: Int
        let lineByteCount: Int
        let virtualHeight: Int
        let xOffset: Int
        let yOffset: Int
    }
}
