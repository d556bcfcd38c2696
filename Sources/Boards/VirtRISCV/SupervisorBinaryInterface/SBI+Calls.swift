// The calls of the small extensions: base, timer, inter-processor interrupts, remote fences.
import MachineCore
import RISCV

extension SupervisorBinaryInterface {
    /// Chapter 4. Implementation 0x5354 ("ST") is not in the list of known ones, which is for
    /// implementations whose quirks a kernel must know.
    func base(_ call: SupervisorCall) -> SupervisorResult {
        switch call.function {
        case 0: .success(2 << 24)
        case 1: .success(0x5354)
        case 2: .success(1)
        case 3: .success(SupervisorExtension(rawValue: call.arguments[0]) == nil ? 0 : 1)
        // mvendorid, marchid, mimpid
        case 4, 5, 6: .success(0)
        default: .failure(.notSupported)
        }
    }

    /// Chapter 6: the next timer interrupt, in ticks of `time`.
    func timer(_ call: SupervisorCall) -> SupervisorResult {
        guard call.function == 0 else { return .failure(.notSupported) }
        call.hart.writeCSR(Hart.stimecmp, call.arguments[0])
        return .success()
    }

    /// Chapter 7.
    func interprocessor(_ call: SupervisorCall) -> SupervisorResult {
        guard call.function == 0 else { return .failure(.notSupported) }
        guard let targets = targets(mask: call.arguments[0], base: call.arguments[1]) else {
            return .failure(.invalidParameter)
        }
        for hart in targets { hart.raiseSupervisorSoftwareInterrupt() }
        return .success()
    }

    /// Chapter 8. A hart on another thread stands still while its translations are forgotten. `fence.i`
    /// needs nothing: a store into code is told to all harts before anything that comes after it.
    func remoteFence(_ call: SupervisorCall) -> SupervisorResult {
        guard call.function <= 2 else { return .failure(.notSupported) }
        guard let targets = targets(mask: call.arguments[0], base: call.arguments[1]) else {
            return .failure(.invalidParameter)
        }
        if call.function == 0 { return .success() }
        let space = call.function == 2 ? call.arguments[4] & 0xffff : nil
        stopping(targets, by: call.hart) {
            for hart in targets { fence(hart, start: call.arguments[2], count: call.arguments[3], space: space) }
        }
        return .success()
    }

    private func stopping(_ targets: [Hart], by hart: Hart, _ body: () -> Void) {
        guard let lock = resources.lock else { return body() }
        let mask: MachineLock.CPUSet = targets.reduce(0) { $0 | 1 << UInt64($1.index) }
        lock.withStopped(mask, by: hart.index, body)
    }

    /// Up to 64 pages one by one; more, or "all" (start and size 0, or size -1), wholly.
    private func fence(_ hart: Hart, start: UInt64, count: UInt64, space: UInt64?) {
        let isAll = (start == 0 && count == 0) || count == .max
        let (end, overflow) = (start & ~0xfff).addingReportingOverflow((start & 0xfff) &+ count)
        if isAll || overflow || count > 64 * 4096 {
            hart.flushTranslations(address: nil, space: space)
            return
        }
        for page in stride(from: start & ~0xfff, to: end, by: 4096) {
            hart.flushTranslations(address: page, space: space)
        }
    }

    /// The harts of a mask that starts at hart `base`; all for base -1; nil when one does not exist.
    private func targets(mask: UInt64, base: UInt64) -> [Hart]? {
        if base == .max { return harts }
        guard base < UInt64(harts.count) else { return nil }
        let selected = (0..<64).filter { mask >> UInt64($0) & 1 != 0 }.map { Int(base) + $0 }
        return selected.allSatisfy(harts.indices.contains) ? selected.map { harts[$0] } : nil
    }
}
