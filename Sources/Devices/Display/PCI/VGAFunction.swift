// The VGA as a PCI function: the frame buffer, registers as memory, and the video BIOS.
import MachineCore

/// A VGA at the place where firmware and drivers look for it: PCI function 1234:1111, as QEMU's standard VGA.
///
/// BAR 0 is video memory, BAR 2 holds registers and the monitor's description (see `VGAFunction+Registers`),
/// and the expansion ROM holds the video BIOS. The VGA's own ports and its window at 0xa0000 do not move: a
/// board places them with the windows that `vga` makes.
///
/// Source: QEMU, docs/specs/standard-vga; PCI Local Bus 3.0, 6.2.
public final class VGAFunction: PCIFunction, Snapshotting {
    /// The live things that the function works with.
    public struct Resources {
        /// What the VGA itself works with.
        public var vga: VGA.Resources
        /// The video BIOS, up to 16 MiB; none for a machine whose firmware needs none.
        public var rom: [UInt8]
        /// Pixels in a line that the monitor prefers: see `EDID.block`.
        public var preferredWidth: Int
        /// Lines that the monitor prefers.
        public var preferredHeight: Int

        /// Collects the resources.
        public init(
            vga: VGA.Resources, rom: [UInt8], preferredWidth: Int = 1280, preferredHeight: Int = 800
        ) {
            self.vga = vga
            self.rom = rom
            self.preferredWidth = preferredWidth
            self.preferredHeight = preferredHeight
        }
    }

    /// What a guest can see of the function beside video memory.
    public struct State: Codable, Equatable, Sendable {
        /// The contents of the PCI configuration space but for what follows: 256 bytes.
        public var configuration: [UInt8]
        /// Bit 0 of the command register. Ports that never move are always decoded; firmware takes a VGA
        /// for one that is in use by this bit.
        public var decodesPorts = false
        /// The expansion ROM's base address register (PCI Local Bus 3.0, 6.2.5.2).
        public var romRegister: UInt32 = 0
        /// The VGA's registers.
        public var vga = VGA.State()

        /// The state after power-on.
        /// - Parameter videoMemoryByteCount: the size of the frame buffer.
        public init(videoMemoryByteCount: UInt64) {
            configuration = VGAFunction.layout(videoMemoryByteCount).initial
        }
    }

    public static let stateVersion: StateVersion = 1
    /// The number by which `PCIDecodedRange` knows the expansion ROM.
    static let romBAR = 6
    static let registersBAR = 2
    static let registersByteCount: UInt64 = 0x1000

    /// The VGA.
    public let vga: VGA
    let edid: [UInt8]
    private let rom: [UInt8]
    /// The bits of the expansion ROM's register that can be written.
    private let romMask: UInt32
    private var configuration: PCIConfiguration
    private var decodesPorts: Bool
    private var romRegister: UInt32

    /// - Throws: `StateError` for a state that can not be; also when the sizes of video memory or video BIOS
    ///   are not those with which it was saved.
    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        vga = try VGA(resources.vga, restoring: state.vga)
        configuration = try PCIConfiguration(
            Self.layout(resources.vga.videoMemory.byteCount), restoring: state.configuration,
            part: "the VGA")
        rom = resources.rom
        romMask = try Self.romMask(byteCount: resources.rom.count)
        guard state.romRegister & ~romMask == 0 else {
            throw StateError(part: "the VGA", reason: "its ROM register does not fit the video BIOS")
        }
        edid = EDID.block(width: resources.preferredWidth, height: resources.preferredHeight)
        decodesPorts = state.decodesPorts
        romRegister = state.romRegister
    }

    public var state: State {
        var state = State(videoMemoryByteCount: vga.resources.videoMemory.byteCount)
        state.configuration = configuration.bytes
        state.decodesPorts = decodesPorts
        state.romRegister = romRegister
        state.vga = vga.state
        return state
    }

    private static func layout(_ videoMemoryByteCount: UInt64) -> PCIConfigurationLayout {
        // Revision 2 has the registers from 0x600 on. Class: display, VGA compatible.
        var layout = PCIConfigurationLayout(
            PCIIdentity(
                vendor: 0x1234, device: 0x1111, revision: 2, classCode: 0x03_00_00,
                subsystemVendor: 0x1af4, subsystem: 0x1100))
        layout.addMemory32(bar: 0, byteCount: videoMemoryByteCount)
        layout.addMemory32(bar: registersBAR, byteCount: registersByteCount)
        return layout
    }

    /// An expansion ROM's size is a power of two, 2 KiB or more (bits 10:1 are reserved).
    private static func romMask(byteCount: Int) throws(StateError) -> UInt32 {
        guard byteCount > 0 else { return 0 }
        guard byteCount <= 16 << 20 else {
            throw StateError(
                part: "the VGA", reason: "a video BIOS of \(byteCount) bytes: it must have 16 MiB at most")
        }
        var size: UInt32 = 2048
        while size < byteCount { size *= 2 }
        return ~(size - 1) | romEnable
    }

    private static let romEnable: UInt32 = 1

    public func reset() {
        configuration.reset()
        decodesPorts = false
        romRegister = 0
        vga.reset()
    }
}

extension VGAFunction {
    private static let romOffset = 0x30

    public func readConfiguration(at offset: Int, width: AccessWidth) -> UInt64 {
        if offset & ~3 == Self.romOffset { return romRegister.part(at: offset & 3, width) }
        let value = configuration.read(at: offset, width: width)
        return offset == PCIRegister.command && decodesPorts ? value | 1 : value
    }

    public func writeConfiguration(_ value: UInt64, at offset: Int, width: AccessWidth) {
        if offset & ~3 == Self.romOffset {
            romRegister = romRegister.replacing(at: offset & 3, width, by: value) & romMask
            return
        }
        if offset == PCIRegister.command { decodesPorts = value & 1 != 0 }
        configuration.write(value, at: offset, width: width)
    }

    public var decodedRanges: [PCIDecodedRange] {
        let ranges = configuration.decodedRanges
        // The memory space bit enables the ROM as well; without it there are no ranges.
        guard !ranges.isEmpty, romRegister & Self.romEnable != 0 else { return ranges }
        let size = UInt64(~(romMask & ~Self.romEnable)) + 1
        let base = UInt64(romRegister & ~Self.romEnable)
        return ranges + [PCIDecodedRange(bar: Self.romBAR, base: base, byteCount: size)]
    }

    public func read(bar: Int, at offset: UInt64, width: AccessWidth) -> UInt64 {
        switch bar {
        case 0: return vga.readFrameBuffer(at: offset, width)
        case Self.registersBAR: return readRegisters(at: offset, width)
        default: return readROM(at: offset, width)
        }
    }

    public func write(_ value: UInt64, bar: Int, at offset: UInt64, width: AccessWidth) {
        switch bar {
        case 0: vga.writeFrameBuffer(value, at: offset, width)
        case Self.registersBAR: writeRegisters(value, at: offset, width)
        default: return
        }
    }

    /// The memory behind a BAR, where the guest may reach it without the function: all of the frame buffer.
    public func directMemory(
        bar: Int, at offset: UInt64
    ) -> (memory: GuestMemory, address: GuestPhysicalAddress)? {
        let video = vga.resources.videoMemory
        return bar == 0 ? (video.memory, video.base + offset) : nil
    }

    /// Behind the contents of the ROM there are ones.
    private func readROM(at offset: UInt64, _ width: AccessWidth) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<width.byteCount {
            let place = offset + index
            let byte = place < UInt64(rom.count) ? rom[Int(place)] : 0xff
            value |= UInt64(byte) << (8 * index)
        }
        return value
    }
}

extension UInt32 {
    /// The bytes from `offset` (0 to 3) on; the access is aligned.
    fileprivate func part(at offset: Int, _ width: AccessWidth) -> UInt64 {
        UInt64(self >> (8 * UInt32(offset))) & width.mask
    }

    /// The register after a write of the bytes from `offset` (0 to 3) on.
    fileprivate func replacing(at offset: Int, _ width: AccessWidth, by value: UInt64) -> UInt32 {
        let shift = UInt64(8 * offset)
        let mask = width.mask << shift
        return UInt32(truncatingIfNeeded: UInt64(self) & ~mask | value << shift & mask)
    }
}
