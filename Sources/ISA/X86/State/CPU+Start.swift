// Starting a CPU in long mode, as boot loaders do.

extension CPU {
    /// The state that a boot loader leaves: paging is on, interrupts are off.
    public struct LongModeStart: Sendable {
        public var instructionPointer: UInt64 = 0
        public var stackPointer: UInt64 = 0
        /// RSI, which boot protocols hand something over in.
        public var sourceIndex: UInt64 = 0
        /// The physical address of four-level page tables.
        public var pageTables: UInt64 = 0
        /// The global descriptor table, and the selectors of flat code and data in it.
        public var descriptors: UInt64 = 0
        public var descriptorLimit: UInt16 = 0
        public var codeSelector: UInt16 = 0
        public var dataSelector: UInt16 = 0

        /// A start at address 0.
        public init() {}
    }

    /// Puts a CPU that was reset into long mode.
    public func start(_ start: LongModeStart) {
        state.pointee.cr0 = CR0.protection | CR0.paging | CR0.extensionType | CR0.numericError
        state.pointee.cr3 = start.pageTables
        state.pointee.cr4 = CR4.physicalAddressExtension
        state.pointee.efer = EFER.longModeEnable | EFER.longModeActive
        state.pointee.gdtBase = start.descriptors
        state.pointee.gdtLimit = start.descriptorLimit
        state.pointee.idtLimit = 0
        for number in 0..<6 {
            let isCode = number == SegmentRegister.cs
            state.pointee.segments[number] = Segment(
                limit: .max, selector: isCode ? start.codeSelector : start.dataSelector,
                attributes: isCode ? 0xa09b : 0xc093)
        }
        state.pointee.registers[2] = 0
        state.pointee.registers[4] = start.stackPointer
        state.pointee.registers[6] = start.sourceIndex
        state.pointee.rip = start.instructionPointer
        state.pointee.systemFlags = RFlags.alwaysSet
        stateWasReplaced()
    }
}
