// Saving and restoring x87 and vector state: fxsave, fxrstor, xsave, xsaveopt, xrstor.
import MachineCore

extension CPU {
    /// Performs `fxsave`, `xsave` or `xsaveopt` (Intel SDM volume 2).
    /// - Parameters:
    ///   - address: linear, of the save area.
    ///   - is64Bit: the instruction has REX.W, so that pointers are saved with 64 bits.
    /// - Throws: #NM, #UD where XSAVE is not switched on, #GP for an address that is not a multiple of 16 or
    ///   64, and page faults, all before anything is written.
    func saveFloatState(_ operation: Operation, at address: UInt64, is64Bit: Bool) throws(FaultTaken) {
        try checkSaveArea(operation, address, isLegacy: operation == .fxsave)
        if operation == .fxsave {
            try fxsave(at: address, is64Bit)
        } else {
            try xsave(at: address, is64Bit, skipsInitial: operation == .xsaveopt)
        }
    }

    /// Performs `fxrstor` or `xrstor`; parameters and faults as of `saveFloatState`, and #GP for images with
    /// bits that do not exist.
    func restoreFloatState(_ operation: Operation, at address: UInt64, is64Bit: Bool) throws(FaultTaken) {
        try checkSaveArea(operation, address, isLegacy: operation == .fxrstor)
        if operation == .fxrstor {
            try fxrstor(at: address, is64Bit)
        } else {
            try xrstor(at: address, is64Bit)
        }
    }

    private func checkSaveArea(_ operation: Operation, _ address: UInt64, isLegacy: Bool) throws(FaultTaken) {
        if !isLegacy && state.pointee.cr4 & CR4.extendedState == 0 { throw fault(Fault.invalidOpcode) }
        let switches = isLegacy ? CR0.emulation | CR0.taskSwitched : CR0.taskSwitched
        if state.pointee.cr0 & switches != 0 { throw fault(Fault.deviceNotAvailable) }
        if address & (isLegacy ? 15 : 63) != 0 { throw fault(Fault.generalProtection) }
    }

    /// Vectors belong to the area of `fxsave` only when the system says that it knows them.
    private var savesVectors: Bool { state.pointee.cr4 & CR4.fxsave != 0 }

    /// The components that EDX:EAX asks for (RFBM).
    private var requestedComponents: UInt64 {
        let asked = state.pointee.registers[0] & 0xffff_ffff | state.pointee.registers[2] << 32
        return asked & state.pointee.xcr0
    }

    private func fxsave(at address: UInt64, _ is64Bit: Bool) throws(FaultTaken) {
        var block = FloatBlock()
        saveFloat(&block, is64Bit: is64Bit)
        block[SaveArea.vectorControlWord] = vectorControlWord
        saveVectors(&block)
        let end = SaveArea.vectorsWord + (savesVectors ? namedVectorWords : 0)
        try checkWritable(address, SaveArea.legacyByteCount)
        try storeWords(block, 0..<end, at: address)
    }

    private func fxrstor(at address: UInt64, _ is64Bit: Bool) throws(FaultTaken) {
        var block = FloatBlock()
        try loadWords(&block, 0..<(SaveArea.legacyByteCount / 8), at: address)
        if savesVectors {
            state.pointee.mxcsr = try vectorControl(block)
            restoreVectors(block)
        }
        restoreFloat(block, is64Bit: is64Bit)
    }

    // MARK: Extended areas

    private func xsave(at address: UInt64, _ is64Bit: Bool, skipsInitial: Bool) throws(FaultTaken) {
        let (requested, inUse) = (requestedComponents, componentsInUse)
        var block = FloatBlock()
        try checkWritable(address, SaveArea.byteCount(requested))
        try loadWords(&block, SaveArea.headerWord..<(SaveArea.headerWord + 1), at: address)
        let written = skipsInitial ? requested & inUse : requested
        if written & SaveArea.float != 0 {
            saveFloat(&block, is64Bit: is64Bit)
            try storeWords(block, 0..<SaveArea.vectorControlWord, at: address)
            try storeWords(block, SaveArea.registersWord..<SaveArea.vectorsWord, at: address)
        }
        if requested & (SaveArea.vectors | SaveArea.upperVectors) != 0 {
            let word = SaveArea.vectorControlWord
            block[word] = vectorControlWord
            try storeWords(block, word..<(word + 1), at: address)
        }
        if written & SaveArea.vectors != 0 {
            saveVectors(&block)
            let first = SaveArea.vectorsWord
            try storeWords(block, first..<(first + namedVectorWords), at: address)
        }
        if written & SaveArea.upperVectors != 0 {
            let first = SaveArea.upperVectorsWord
            for number in 0..<namedVectorWords { block[first + number] = state.pointee.upperVectors[number] }
            try storeWords(block, first..<(first + namedVectorWords), at: address)
        }
        block[SaveArea.headerWord] = block[SaveArea.headerWord] & ~requested | inUse & requested
        try storeWords(block, SaveArea.headerWord..<(SaveArea.headerWord + 1), at: address)
    }

    private func xrstor(at address: UInt64, _ is64Bit: Bool) throws(FaultTaken) {
        let requested = requestedComponents
        var block = FloatBlock()
        try loadWords(&block, 0..<(SaveArea.byteCount(requested) / 8), at: address)
        let present = block[SaveArea.headerWord]
        // Components that are not switched on, the compacted form and all that is reserved.
        guard present & ~state.pointee.xcr0 == 0, block[SaveArea.headerWord + 1] == 0,
            block[SaveArea.headerWord + 2] == 0
        else { throw fault(Fault.generalProtection) }
        let isVectors = requested & (SaveArea.vectors | SaveArea.upperVectors) != 0
        let control = isVectors ? try vectorControl(block) : state.pointee.mxcsr
        state.pointee.mxcsr = control
        if requested & SaveArea.float != 0 {
            if present & SaveArea.float != 0 { restoreFloat(block, is64Bit: is64Bit) } else { resetFloat() }
        }
        for number in 0..<namedVectorWords {
            if requested & SaveArea.vectors != 0 {
                let value = block[SaveArea.vectorsWord + number]
                state.pointee.vectors[number] = present & SaveArea.vectors != 0 ? value : 0
            }
            if requested & SaveArea.upperVectors != 0 {
                let value = block[SaveArea.upperVectorsWord + number]
                state.pointee.upperVectors[number] = present & SaveArea.upperVectors != 0 ? value : 0
            }
        }
    }

    // MARK: Memory

    /// Faults if one of `count` bytes, at most a page, may not be written.
    private func checkWritable(_ address: UInt64, _ count: Int) throws(FaultTaken) {
        _ = try physicalAddress(of: address, .write)
        let last = areaAddress(address, count / 8 - 1)
        if last & ~0xfff != address & ~0xfff { _ = try physicalAddress(of: last, .write) }
    }

    private func loadWords(
        _ block: inout FloatBlock, _ words: Range<Int>, at address: UInt64
    ) throws(FaultTaken) {
        var (page, bias): (UInt64, UInt64) = (.max, 0)
        for index in words {
            let place = areaAddress(address, index)
            if place & ~0xfff != page || !debugPoints.watchpoints.isEmpty {
                // The first word of each page goes the way that notices everything; none crosses a page.
                block[index] = try slowLoad(place, .double)
                page = place & ~0xfff
                bias = try physicalAddress(of: place, .read) &- place
            } else {
                block[index] = loadPhysical(place &+ bias, .double)
            }
        }
    }

    private func storeWords(_ block: FloatBlock, _ words: Range<Int>, at address: UInt64) throws(FaultTaken) {
        var (page, bias): (UInt64, UInt64) = (.max, 0)
        for index in words {
            let place = areaAddress(address, index)
            if place & ~0xfff != page || !debugPoints.watchpoints.isEmpty {
                try slowStore(place, block[index], .double)
                page = place & ~0xfff
                bias = try physicalAddress(of: place, .write) &- place
            } else {
                storePhysical(place &+ bias, block[index], .double)
            }
        }
    }

    /// The linear address of a word; it has 32 bits outside 64-bit code.
    private func areaAddress(_ address: UInt64, _ word: Int) -> UInt64 {
        let sum = address &+ UInt64(word) &* 8
        return runtime.pointee.mode.codeSize == .bits64 ? sum : sum & 0xffff_ffff
    }
}
