// Reading and decoding an instruction that the decode cache does not have.
import MachineCore

extension CPU {
    /// Decodes the instruction at `rip`, whose bytes may lie in two pages. Bytes behind its end are not asked for.
    func slowFetch(_ rip: UInt64) throws(FaultTaken) -> Instruction {
        let address = runtime.pointee.codeBase &+ rip
        var bytes: InlineArray<16, UInt8> = InlineArray(repeating: 0)
        var count = try read(&bytes, from: 0, at: address)
        while true {
            let failure: DecodeFailure
            do throws(DecodeFailure) {
                return try decode(&bytes, count)
            } catch {
                failure = error
            }
            switch failure {
            case .invalid: throw fault(Fault.invalidOpcode)
            case .tooLong: throw fault(Fault.generalProtection)
            case .truncated:
                guard count < Decoder.maximumLength else { throw fault(Fault.generalProtection) }
                count = try read(&bytes, from: count, at: address &+ UInt64(count))
            }
        }
    }

    private func decode(
        _ bytes: inout InlineArray<16, UInt8>, _ count: Int
    ) throws(DecodeFailure) -> Instruction {
        let mode = runtime.pointee.mode
        var instruction = try withUnsafePointer(to: &bytes) { pointer throws(DecodeFailure) in
            try Decoder.decode(UnsafeRawBufferPointer(start: pointer, count: count), mode.codeSize)
        }
        instruction.isFlat = mode.isFlat
        instruction.stackWidth = mode.stackWidth
        return instruction
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
        guard entry.pointee.fetchTag == page else { return }
        runtime.pointee.fetchPage = page
        runtime.pointee.fetchBias = entry.pointee.bias
    }
}
