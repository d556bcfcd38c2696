// Reading and decoding an instruction that the decode cache does not have.
import MachineCore

extension CPU {
    /// Decodes the instruction at `rip`, whose bytes may lie in two pages. Bytes behind its end are not asked for.
    func slowFetch(_ rip: UInt64) throws(FaultTaken) -> Instruction {
        let address = (runtime.pointee.codeBase &+ rip) & (is64Bit ? .max : 0xffff_ffff)
        if hasPoints { try stopAtBreakpoint(address) }
        var bytes: InlineArray<16, UInt8> = InlineArray(repeating: 0)
        var count = try read(&bytes, from: 0, at: address)
        while true {
            switch decode(&bytes, count) {
            case .success(let instruction):
                try checkLimit(rip &+ UInt64(instruction.length) &- 1)
                return instruction
            case .failure(.invalid): throw fault(Fault.invalidOpcode)
            case .failure(.tooLong): throw fault(Fault.generalProtection)
            case .failure(.truncated):
                guard count < Decoder.maximumLength else { throw fault(Fault.generalProtection) }
                try checkLimit(rip &+ UInt64(count))
                count = try read(&bytes, from: count, at: address &+ UInt64(count))
            }
        }
    }

    /// Code ends at the limit of its segment, but in 64-bit mode.
    private func checkLimit(_ offset: UInt64) throws(FaultTaken) {
        guard !is64Bit, offset > UInt64(state.pointee.segments[SegmentRegister.cs].limit) else { return }
        throw fault(Fault.generalProtection)
    }

    private func decode(_ bytes: inout InlineArray<16, UInt8>, _ count: Int) -> Result<Instruction, DecodeFailure> {
        let mode = runtime.pointee.mode
        return Result { () throws(DecodeFailure) in
            var instruction = try withUnsafePointer(to: &bytes) { pointer throws(DecodeFailure) in
                try Decoder.decode(UnsafeRawBufferPointer(start: pointer, count: count), mode.codeSize)
            }
            instruction.isFlat = mode.isFlat
            instruction.stackWidth = mode.stackWidth
            return instruction
        }
    }

    /// Reads bytes up to the end of the page, 15 in all at most; gives how many there are then.
    private func read(
        _ bytes: inout InlineArray<16, UInt8>, from start: Int, at address: UInt64
    ) throws(FaultTaken) -> Int {
        let physical = try physicalAddress(of: address, .fetch)
        let inPage = Int(4096 &- (address & 0xfff))
        let count = min(Decoder.maximumLength - start, inPage)
        for index in 0..<count {
            bytes[start + index] = UInt8(truncatingIfNeeded: loadPhysical(physical &+ UInt64(index), .byte))
        }
        notePage(address)
        return start + count
    }

    /// The next instructions come from the page of `address`, if that is RAM and nobody wants to see each of them.
    private func notePage(_ address: UInt64) {
        let page = address & ~0xfff
        let entry = translations.entries(of: fetchSetIndex) + TranslationEntry.index(of: page)
        guard entry.pointee.fetchTag == page, isWithinLimit(page) else { return }
        runtime.pointee.fetchPage = page
        runtime.pointee.fetchBias = entry.pointee.bias
    }

    /// All of a page may hold code.
    private func isWithinLimit(_ page: UInt64) -> Bool {
        let code = state.pointee.segments[SegmentRegister.cs]
        return is64Bit || page >= code.base && page &+ 4095 &- code.base <= UInt64(code.limit)
    }
}
