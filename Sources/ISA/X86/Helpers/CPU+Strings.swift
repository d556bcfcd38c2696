// Repeated string operations.
import IR
import MachineCore

extension CPU {
    /// Elements in one go: between two of them interrupts are looked at.
    private static let maximumElementCount: UInt64 = 4096

    /// Performs a repeated operation, or as much of it as may be done in one go; after each element the registers are
    /// as the manual says, so that a fault in the middle can be resumed (Intel SDM volume 2, REP).
    /// - Returns: the offset of the next instruction: this one's own as long as something is left to do.
    func repeatString(_ string: StringOperation) throws(FaultTaken) -> UInt64 {
        noteNext(string.length)
        let isPort = string.operation == .ins || string.operation == .outs
        if isPort { try checkPort(state.pointee.registers[2] & 0xffff, AccessWidth(bytes: string.width)) }
        if string.prefixes.isDisjoint(with: .anyRepeat) {
            _ = try element(string)
            return runtime.pointee.next
        }
        let mask = AccessWidth(bytes: string.addressWidth).mask
        var left = Self.maximumElementCount
        while left > 0 {
            let count = state.pointee.registers[1] & mask
            guard count != 0 else { return runtime.pointee.next }
            let done = try run(string, min(count, left))
            if done > 0 {
                countDown(by: done, string)
                left -= done
                continue
            }
            let isDone = try element(string)
            countDown(by: 1, string)
            left -= 1
            if isDone { return runtime.pointee.next }
        }
        return state.pointee.registers[1] & mask == 0 ? runtime.pointee.next : state.pointee.rip
    }

    private func countDown(by count: UInt64, _ string: StringOperation) {
        state.pointee.registers[1] = Self.replaced(
            state.pointee.registers[1], state.pointee.registers[1] &- count, string.addressWidth)
    }

    // MARK: Runs of elements

    /// Copies or fills elements upwards as far as the pages of the next ones reach, at most `limit`; gives how many
    /// were done, or 0 where elements must be done one by one.
    private func run(_ string: StringOperation, _ limit: UInt64) throws(FaultTaken) -> UInt64 {
        let isCopy = string.operation == .movs
        guard isCopy || string.operation == .stos, state.pointee.systemFlags & RFlags.direction == 0 else { return 0 }
        let width = UInt64(string.width)
        let target = try elementAddress(7, string, writes: true)
        let source = isCopy ? try elementAddress(6, string, writes: false) : target
        let bytesInPages = 4096 &- max(target & 0xfff, source & 0xfff)
        let count = min(limit, bytesInPages / width)
        // Offsets must not wrap or reach a limit inside a run: other code than the usual goes element by element.
        guard count > 1, !hasPoints, string.is64Bit, string.addressWidth == 8 else { return 0 }
        guard let from = isCopy ? try hostPointer(to: source, .read) : UnsafeMutableRawPointer(state),
            let to = try hostPointer(to: target, .write)
        else { return 0 }
        let byteCount = Int(count &* width)
        if isCopy {
            copyUpwards(from, to, byteCount, AccessWidth(bytes: string.width))
            state.pointee.registers[6] &+= UInt64(byteCount)
        } else {
            fill(to, byteCount, AccessWidth(bytes: string.width))
        }
        state.pointee.registers[7] &+= UInt64(byteCount)
        let host = UInt64(UInt(bitPattern: to)) &- UInt64(UInt(bitPattern: environment.memory.hostBase))
        environment.memory.noteWrite(at: environment.memory.base &+ host, count: UInt64(byteCount))
        return count
    }

    /// Where the byte at linear address `address` is on the host; nil outside RAM.
    private func hostPointer(to address: UInt64, _ kind: AccessKind) throws(FaultTaken) -> UnsafeMutableRawPointer? {
        let entry = context.pointee.dataSet[TranslationEntry.index(of: address)]
        let tag = kind == .write ? entry.writeTag : entry.readTag
        if tag == address & ~0xfff { return UnsafeMutableRawPointer(bitPattern: UInt(address &+ entry.bias)) }
        let physical = try physicalAddress(of: address, kind)
        guard let pointer = environment.memory.hostPointer(to: physical, count: 1) else { return nil }
        if kind == .write { environment.memory.dirtyLog.mark(physical, count: 1) }
        return pointer
    }

    /// Copies element by element, so that a source that overlaps its target is repeated in it.
    private func copyUpwards(
        _ from: UnsafeMutableRawPointer, _ to: UnsafeMutableRawPointer, _ byteCount: Int, _ width: AccessWidth
    ) {
        let distance = to - from
        if distance < 0 || distance >= byteCount {
            to.copyMemory(from: from, byteCount: byteCount)
            return
        }
        var offset = 0
        while offset < byteCount {
            (to + offset).storeInteger((from + offset).loadInteger(width), width)
            offset += Int(width.byteCount)
        }
    }

    private func fill(_ to: UnsafeMutableRawPointer, _ byteCount: Int, _ width: AccessWidth) {
        let value = state.pointee.registers[0]
        var offset = 0
        while offset < byteCount {
            (to + offset).storeInteger(value, width)
            offset += Int(width.byteCount)
        }
    }

    // MARK: Single elements

    /// One element; true when a comparison ends the repetition.
    private func element(_ string: StringOperation) throws(FaultTaken) -> Bool {
        let width = AccessWidth(bytes: string.width)
        switch string.operation {
        case .movs:
            let value = try slowLoad(try elementAddress(6, string, writes: false), width)
            try slowStore(try elementAddress(7, string, writes: true), value, width)
            advance(6, string)
            advance(7, string)
        case .stos:
            try slowStore(try elementAddress(7, string, writes: true), state.pointee.registers[0], width)
            advance(7, string)
        case .lods:
            let value = try slowLoad(try elementAddress(6, string, writes: false), width)
            state.pointee.registers[0] = Self.replaced(state.pointee.registers[0], value, string.width)
            advance(6, string)
        case .ins:
            let address = try elementAddress(7, string, writes: true)
            // What is read from a device must not be lost to a fault.
            _ = try physicalAddress(of: address, .write)
            try slowStore(address, inputFromPort(state.pointee.registers[2] & 0xffff, width), width)
            advance(7, string)
        case .outs:
            let value = try slowLoad(try elementAddress(6, string, writes: false), width)
            outputToPort(state.pointee.registers[2] & 0xffff, value, width)
            advance(6, string)
        default: return try compareElement(string, width)
        }
        return false
    }

    private func compareElement(_ string: StringOperation, _ width: AccessWidth) throws(FaultTaken) -> Bool {
        let isScan = string.operation == .scas
        let a = isScan
            ? state.pointee.registers[0] & width.mask
            : try slowLoad(try elementAddress(6, string, writes: false), width)
        let b = try slowLoad(try elementAddress(7, string, writes: false), width)
        if !isScan { advance(6, string) }
        advance(7, string)
        state.pointee.statusFlags = FlagOperation.subtract.flags(a, b, width)
        return (a == b) == string.prefixes.contains(.repeatNotEqual)
    }

    /// The linear address of an element in RSI (6) or RDI (7).
    private func elementAddress(_ number: Int, _ string: StringOperation, writes: Bool) throws(FaultTaken) -> UInt64 {
        let offset = state.pointee.registers[number] & AccessWidth(bytes: string.addressWidth).mask
        let segment = number == 6 ? string.segment : SegmentRegister.es
        let base = state.pointee.segments[segment].base
        if string.is64Bit { return segment < SegmentRegister.fs ? offset : offset &+ base }
        let bounds = state.pointee.bounds[segment]
        let (first, last) = writes
            ? (bounds.firstForWrite, bounds.lastForWrite) : (bounds.firstForRead, bounds.lastForRead)
        guard offset >= first, offset &+ UInt64(string.width) &- 1 <= last else {
            throw fault(segment == SegmentRegister.ss ? Fault.stack : Fault.generalProtection)
        }
        return (offset &+ base) & 0xffff_ffff
    }

    private func advance(_ number: Int, _ string: StringOperation) {
        let old = state.pointee.registers[number]
        let isBackwards = state.pointee.systemFlags & RFlags.direction != 0
        let new = isBackwards ? old &- UInt64(string.width) : old &+ UInt64(string.width)
        state.pointee.registers[number] = Self.replaced(old, new, string.addressWidth)
    }

    /// A register of which the low `width` bytes are written: of 4 bytes the upper half becomes zero.
    private static func replaced(_ old: UInt64, _ new: UInt64, _ width: UInt8) -> UInt64 {
        switch width {
        case 8: new
        case 4: new & 0xffff_ffff
        default: old & ~AccessWidth(bytes: width).mask | new & AccessWidth(bytes: width).mask
        }
    }
}
