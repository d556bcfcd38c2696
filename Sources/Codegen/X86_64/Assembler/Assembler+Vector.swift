// Moves, bitwise operations and shuffles of vector registers.

extension Assembler {
    /// Copies all 128 bits (VMOVAPS).
    public mutating func vmovaps(_ destination: VectorRegister, _ source: VectorRegister) {
        emit(VEXOpcode(.none, .map0F, 0x28), destination.rawValue, 0, source.rawValue)
    }

    /// Loads 128 bits, wherever they are (VMOVUPS).
    public mutating func loadWide(_ destination: VectorRegister, _ memory: MemoryOperand) {
        emit(VEXOpcode(.none, .map0F, 0x10), destination.rawValue, 0, memory)
    }

    /// Stores 128 bits (VMOVUPS).
    public mutating func storeWide(_ memory: MemoryOperand, _ source: VectorRegister) {
        emit(VEXOpcode(.none, .map0F, 0x11), source.rawValue, 0, memory)
    }

    /// Copies the high 64 bits (VPEXTRQ).
    public mutating func moveHigh(_ destination: GeneralRegister, _ source: VectorRegister) {
        emit(VEXOpcode(.p66, .map0F3A, 0x16, wide: true), source.rawValue, 0, destination.rawValue, .byte(1))
    }

    /// Replaces the low (0) or high half (VPINSRQ).
    public mutating func insert(_ destination: VectorRegister, _ source: GeneralRegister, half: UInt8) {
        let opcode = VEXOpcode(.p66, .map0F3A, 0x22, wide: true)
        emit(opcode, destination.rawValue, destination.rawValue, source.rawValue, .byte(half))
    }

    /// Loads 64 bits and clears the bits above (VMOVSD).
    public mutating func loadDouble(_ destination: VectorRegister, _ memory: MemoryOperand) {
        emit(VEXOpcode(.pF2, .map0F, 0x10), destination.rawValue, 0, memory)
    }

    /// Loads 32 bits and clears the bits above (VMOVSS).
    public mutating func loadSingle(_ destination: VectorRegister, _ memory: MemoryOperand) {
        emit(VEXOpcode(.pF3, .map0F, 0x10), destination.rawValue, 0, memory)
    }

    /// Stores the low 64 bits (VMOVSD).
    public mutating func storeDouble(_ memory: MemoryOperand, _ source: VectorRegister) {
        emit(VEXOpcode(.pF2, .map0F, 0x11), source.rawValue, 0, memory)
    }

    /// Stores the low 32 bits (VMOVSS).
    public mutating func storeSingle(_ memory: MemoryOperand, _ source: VectorRegister) {
        emit(VEXOpcode(.pF3, .map0F, 0x11), source.rawValue, 0, memory)
    }

    /// Copies the low 64 bits (VMOVQ).
    public mutating func move(_ destination: GeneralRegister, _ source: VectorRegister) {
        emit(VEXOpcode(.p66, .map0F, 0x7E, wide: true), source.rawValue, 0, destination.rawValue)
    }

    /// Copies 64 bits and clears the bits above (VMOVQ).
    public mutating func move(_ destination: VectorRegister, _ source: GeneralRegister) {
        emit(VEXOpcode(.p66, .map0F, 0x6E, wide: true), destination.rawValue, 0, source.rawValue)
    }

    /// Copies the low 32 bits and clears the bits above (VMOVD).
    public mutating func move32(_ destination: GeneralRegister, _ source: VectorRegister) {
        emit(VEXOpcode(.p66, .map0F, 0x7E), source.rawValue, 0, destination.rawValue)
    }

    /// Copies the low 32 bits and clears the bits above (VMOVD).
    public mutating func move32(_ destination: VectorRegister, _ source: GeneralRegister) {
        emit(VEXOpcode(.p66, .map0F, 0x6E), destination.rawValue, 0, source.rawValue)
    }

    /// `destination = first & second`, 128 bits (VANDPD).
    public mutating func vand(
        _ destination: VectorRegister, _ first: VectorRegister, _ second: VectorRegister
    ) {
        packed(0x54, destination, first, second)
    }

    /// `destination = first & memory`, 128 bits (VANDPD).
    public mutating func vand(
        _ destination: VectorRegister, _ first: VectorRegister, _ memory: MemoryOperand
    ) {
        packed(0x54, destination, first, memory)
    }

    /// `destination = ~inverted & other`, 128 bits (VANDNPD).
    public mutating func vandn(
        _ destination: VectorRegister, _ inverted: VectorRegister, _ other: VectorRegister
    ) {
        packed(0x55, destination, inverted, other)
    }

    /// `destination = ~inverted & memory`, 128 bits (VANDNPD).
    public mutating func vandn(
        _ destination: VectorRegister, _ inverted: VectorRegister, _ memory: MemoryOperand
    ) {
        packed(0x55, destination, inverted, memory)
    }

    /// `destination = first | second`, 128 bits (VORPD).
    public mutating func vor(
        _ destination: VectorRegister, _ first: VectorRegister, _ second: VectorRegister
    ) {
        packed(0x56, destination, first, second)
    }

    /// `destination = first | memory`, 128 bits (VORPD).
    public mutating func vor(
        _ destination: VectorRegister, _ first: VectorRegister, _ memory: MemoryOperand
    ) {
        packed(0x56, destination, first, memory)
    }

    /// `destination = first ^ second`, 128 bits (VXORPD).
    public mutating func vxor(
        _ destination: VectorRegister, _ first: VectorRegister, _ second: VectorRegister
    ) {
        packed(0x57, destination, first, second)
    }

    /// `destination = first ^ memory`, 128 bits (VXORPD).
    public mutating func vxor(
        _ destination: VectorRegister, _ first: VectorRegister, _ memory: MemoryOperand
    ) {
        packed(0x57, destination, first, memory)
    }

    /// All ones in each 32 bits that are equal, otherwise zeros (VPCMPEQD).
    public mutating func vpcmpeqd(
        _ destination: VectorRegister, _ first: VectorRegister, _ second: VectorRegister
    ) {
        packed(0x76, destination, first, second)
    }

    /// Copies the odd 32-bit lanes over the even ones below them (VMOVSHDUP).
    public mutating func vmovshdup(_ destination: VectorRegister, _ source: VectorRegister) {
        emit(VEXOpcode(.pF3, .map0F, 0x16), destination.rawValue, 0, source.rawValue)
    }

    /// Takes each of four 32-bit lanes from `second` where its bit of `lanes` is 1, otherwise from
    /// `first` (VBLENDPS).
    public mutating func vblendps(
        _ destination: VectorRegister, _ first: VectorRegister, _ second: VectorRegister, _ lanes: UInt8
    ) {
        let opcode = VEXOpcode(.p66, .map0F3A, 0x0C)
        emit(opcode, destination.rawValue, first.rawValue, second.rawValue, .byte(lanes))
    }

    /// Interleaves the two low 32-bit lanes of both, that of `first` lowest (VUNPCKLPS).
    public mutating func vunpcklps(
        _ destination: VectorRegister, _ first: VectorRegister, _ second: VectorRegister
    ) {
        emit(VEXOpcode(.none, .map0F, 0x14), destination.rawValue, first.rawValue, second.rawValue)
    }

    /// Shifts each 64 bits right, zeros coming in (VPSRLQ).
    public mutating func vpsrlq(_ destination: VectorRegister, _ source: VectorRegister, _ count: UInt8) {
        emit(VEXOpcode(.p66, .map0F, 0x73), 2, destination.rawValue, source.rawValue, .byte(count))
    }

    /// Shifts each 64 bits left (VPSLLQ).
    public mutating func vpsllq(_ destination: VectorRegister, _ source: VectorRegister, _ count: UInt8) {
        emit(VEXOpcode(.p66, .map0F, 0x73), 6, destination.rawValue, source.rawValue, .byte(count))
    }

    /// Clears everything above the low 128 bits, so that code without VEX runs at full speed
    /// (VZEROUPPER).
    public mutating func vzeroupper() { whole(0x77F8C5, 3) }

    @inline(__always)
    private mutating func packed(
        _ opcode: UInt8, _ destination: VectorRegister, _ first: VectorRegister, _ second: VectorRegister
    ) {
        emit(VEXOpcode(.p66, .map0F, opcode), destination.rawValue, first.rawValue, second.rawValue)
    }

    @inline(__always)
    private mutating func packed(
        _ opcode: UInt8, _ destination: VectorRegister, _ first: VectorRegister, _ memory: MemoryOperand
    ) {
        emit(VEXOpcode(.p66, .map0F, opcode), destination.rawValue, first.rawValue, memory)
    }
}
