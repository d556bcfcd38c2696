// Reads and writes of the Bochs VBE registers.
import MachineCore

extension VGA {
    /// The mode that VBE shows, or nil while the VGA's own registers decide.
    var vbeMode: VBEMode? { state.vbe.mode(videoMemoryByteCount: resources.videoMemory.byteCount) }

    /// Reads VBE register `index`; 0 where there is none.
    func readVBE(_ index: UInt16) -> UInt16 {
        let vbe = state.vbe
        let showsLimits = vbe.enable & VBE.Enable.capabilities != 0
        let mode = vbeMode
        switch VBE.Register(rawValue: index) {
        case .version: return vbe.version
        case .width where showsLimits: return VBE.maximumWidth
        case .height where showsLimits: return VBE.maximumHeight
        case .bitsPerPixel where showsLimits: return 32
        case .width: return mode.map { UInt16($0.width) } ?? vbe.width
        case .height: return mode.map { UInt16($0.height) } ?? vbe.height
        case .bitsPerPixel: return mode.map { UInt16($0.depth.rawValue) } ?? vbe.bitsPerPixel
        case .enable: return vbe.enable
        case .bank: return vbe.bank
        case .virtualWidth: return mode.map { UInt16(clamping: $0.lineWidth) } ?? vbe.virtualWidth
        case .virtualHeight: return mode.map { UInt16($0.virtualHeight) } ?? 0
        case .xOffset: return mode.map { UInt16($0.xOffset) } ?? vbe.xOffset
        case .yOffset: return mode.map { UInt16($0.yOffset) } ?? vbe.yOffset
        case .memorySize: return UInt16(clamping: resources.videoMemory.byteCount >> 16)
        case nil: return 0
        }
    }

    /// Writes VBE register `index`. The resolution can only be changed while VBE is disabled.
    func writeVBE(_ value: UInt16, to index: UInt16) {
        switch VBE.Register(rawValue: index) {
        case .version:
            if (VBE.oldestVersion...VBE.newestVersion).contains(value) { state.vbe.version = value }
        case .width where !state.vbe.isEnabled: state.vbe.width = value
        case .height where !state.vbe.isEnabled: state.vbe.height = value
        case .bitsPerPixel where !state.vbe.isEnabled: state.vbe.bitsPerPixel = value
        case .enable: writeVBEEnable(value & VBE.Enable.all)
        case .bank: state.vbe.bank = value & UInt16(clamping: (resources.videoMemory.byteCount >> 16) - 1)
        case .virtualWidth: state.vbe.virtualWidth = value
        case .xOffset: state.vbe.xOffset = value
        case .yOffset: state.vbe.yOffset = value
        // The virtual height follows from the width and the memory.
        case .width, .height, .bitsPerPixel, .virtualHeight, .memorySize, nil: return
        }
        windowMayHaveChanged()
    }

    private func writeVBEEnable(_ value: UInt16) {
        let becomesEnabled = value & VBE.Enable.enabled != 0 && !state.vbe.isEnabled
        state.vbe.enable = value
        guard becomesEnabled else { return }
        // A new mode begins without a virtual screen; drivers set theirs afterwards.
        state.vbe.virtualWidth = 0
        state.vbe.xOffset = 0
        state.vbe.yOffset = 0
        state.vbe.bank = 0
        guard value & VBE.Enable.keepsMemory == 0, let mode = vbeMode else { return }
        clearVideoMemory(byteCount: UInt64(mode.lineByteCount * mode.height))
    }
}
