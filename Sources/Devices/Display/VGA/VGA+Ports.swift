// The VGA's ports, byte by byte.
import MachineCore

extension VGA {
    /// The ports of a VGA. Ports 0x3b0 to 0x3bb are those of a monochrome adapter: there and at 0x3d0 to
    /// 0x3df are the CRT controller and status 1, at one place at a time.
    public static let ports: Range<UInt64> = 0x3b0..<0x3e0

    /// Reads one port; all ones where there is none.
    func readPort(_ port: UInt64) -> UInt8 {
        switch port {
        // Where reading has effects, only the ports in use may be read.
        case 0x3b4, 0x3b5, 0x3ba: return state.isColor ? 0xff : readCRTCPort(port &+ 0x20)
        case 0x3d4, 0x3d5, 0x3da: return state.isColor ? readCRTCPort(port) : 0xff
        case 0x3c0: return state.attributeIndex
        case 0x3c1: return register(state.attribute, Int(state.attributeIndex & 0x1f))
        case 0x3c2: return StatusBit.switchSense
        case 0x3c4: return state.sequencerIndex
        case 0x3c5: return register(state.sequencer, Int(state.sequencerIndex))
        case 0x3c6...0x3c9: return state.palette.read(port)
        case 0x3ca: return state.featureControl
        case 0x3cc: return state.miscellaneousOutput
        case 0x3ce: return state.graphicsIndex
        case 0x3cf: return register(state.graphics, Int(state.graphicsIndex))
        default: return 0xff
        }
    }

    /// Writes one port; ignored where there is none.
    func writePort(_ port: UInt64, _ value: UInt8) {
        switch port {
        case 0x3b4, 0x3b5, 0x3ba: if !state.isColor { writeCRTCPort(port &+ 0x20, value) }
        case 0x3d4, 0x3d5, 0x3da: if state.isColor { writeCRTCPort(port, value) }
        case 0x3c0: writeAttribute(value)
        case 0x3c2: state.miscellaneousOutput = value
        case 0x3c4: state.sequencerIndex = value & 7
        case 0x3c5: store(value, in: \.sequencer, Int(state.sequencerIndex), SequencerRegister.masks)
        case 0x3c6...0x3c9:
            state.palette.write(port, value, isEightBit: state.vbe.hasEightBitPalette)
            return
        case 0x3ce: state.graphicsIndex = value & 0xf
        case 0x3cf: store(value, in: \.graphics, Int(state.graphicsIndex), GraphicsRegister.masks)
        default: return
        }
        windowMayHaveChanged()
    }

    private func register(_ registers: [UInt8], _ index: Int) -> UInt8 {
        registers.indices.contains(index) ? registers[index] : 0
    }

    private func store(
        _ value: UInt8, in registers: WritableKeyPath<State, [UInt8]>, _ index: Int, _ masks: [UInt8]
    ) {
        guard masks.indices.contains(index) else { return }
        state[keyPath: registers][index] = value & masks[index]
    }

    /// Port 0x3c0 takes an index and data in turns.
    private func writeAttribute(_ value: UInt8) {
        defer { state.attributeExpectsData.toggle() }
        guard state.attributeExpectsData else {
            state.attributeIndex = value & 0x3f
            return
        }
        // While the display uses the palette, the palette can not be written.
        let index = Int(state.attributeIndex & 0x1f)
        if index < 16, state.attributeIndex & AttributeRegister.paletteAddressSource != 0 { return }
        store(value, in: \.attribute, index, AttributeRegister.masks)
    }

    private func readCRTCPort(_ port: UInt64) -> UInt8 {
        switch port {
        case 0x3d4: return state.crtcIndex
        case 0x3d5: return register(state.crtc, Int(state.crtcIndex))
        default:
            // Reading status 1 makes 0x3c0 expect an index.
            state.attributeExpectsData = false
            return inputStatusOne
        }
    }

    private func writeCRTCPort(_ port: UInt64, _ value: UInt8) {
        switch port {
        case 0x3d4: state.crtcIndex = value & 0x3f
        case 0x3d5: writeCRTC(value, Int(state.crtcIndex))
        default: state.featureControl = value
        }
    }

    private func writeCRTC(_ value: UInt8, _ index: Int) {
        guard state.crtc.indices.contains(index) else { return }
        let isProtected = state.crtc[CRTCRegister.verticalRetraceEnd] & CRTCBit.protect != 0
        if index <= CRTCRegister.overflow, isProtected {
            guard index == CRTCRegister.overflow else { return }
            state.crtc[index] = state.crtc[index] & ~CRTCBit.lineCompare8 | value & CRTCBit.lineCompare8
            return
        }
        state.crtc[index] = value
    }
}

extension VGA.Palette {
    /// Reads port 0x3c6 to 0x3c9.
    mutating func read(_ port: UInt64) -> UInt8 {
        switch port {
        case 0x3c6: return mask
        case 0x3c7: return isReading ? 3 : 0
        case 0x3c8: return writeIndex
        default:
            let value = components[Int(readIndex) * 3 + Int(component)]
            component = (component + 1) % 3
            if component == 0 { readIndex &+= 1 }
            return value
        }
    }

    /// Writes port 0x3c6 to 0x3c9.
    mutating func write(_ port: UInt64, _ value: UInt8, isEightBit: Bool) {
        switch port {
        case 0x3c6: mask = value
        case 0x3c7: select(value, forReading: true)
        case 0x3c8: select(value, forReading: false)
        default: writeComponent(isEightBit ? value : value & 0x3f)
        }
    }

    private mutating func select(_ index: UInt8, forReading: Bool) {
        if forReading { readIndex = index } else { writeIndex = index }
        component = 0
        isReading = forReading
    }

    private mutating func writeComponent(_ value: UInt8) {
        guard component == 2 else {
            pending[Int(component)] = value
            component += 1
            return
        }
        let first = Int(writeIndex) * 3
        components.replaceSubrange(first..<(first + 3), with: [pending[0], pending[1], value])
        component = 0
        writeIndex &+= 1
    }
}
