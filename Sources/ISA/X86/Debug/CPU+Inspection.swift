// A CPU as debuggers see it. Register numbers are those of the GNU debugger's `i386:x86-64` without target description;
// what it does not know follows (GDB manual, "i386 Features").
import MachineCore

extension CPU: InspectableCPU {
    public static let architecture = "i386:x86-64"

    private enum Number {
        static let programCounter = 16
        static let flags = 17
        static let segments = 18
        static let bases = 58
        static let control = 60
        static let counter = 90
    }

    /// The order of the general registers in the GNU debugger, by their numbers in instructions.
    private static let generalOrder = [0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15]
    private static let generalNames = [
        "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    ]
    /// Segment registers in the GNU debugger's order.
    private static let segmentOrder = [
        SegmentRegister.cs, SegmentRegister.ss, SegmentRegister.ds, SegmentRegister.es, SegmentRegister.fs,
        SegmentRegister.gs,
    ]
    private static let controlNames: [(name: String, field: KeyPath<CPUState, UInt64> & Sendable)] = [
        ("cr0", \.cr0), ("cr2", \.cr2), ("cr3", \.cr3), ("cr4", \.cr4), ("efer", \.efer),
        ("k_gs_base", \.kernelGSBase), ("star", \.star), ("lstar", \.lstar), ("gdt_base", \.gdtBase),
        ("idt_base", \.idtBase),
    ]

    public static let registers: [RegisterDescription] = {
        var list = generalNames.enumerated().map {
            RegisterDescription(number: $0.offset, name: $0.element, bitCount: 64, kind: .general)
        }
        list.append(.init(number: Number.programCounter, name: "rip", bitCount: 64, kind: .programCounter))
        list.append(.init(number: Number.flags, name: "eflags", bitCount: 32, kind: .general))
        for (index, name) in ["cs", "ss", "ds", "es", "fs", "gs"].enumerated() {
            list.append(.init(number: Number.segments + index, name: name, bitCount: 32, kind: .general))
        }
        list.append(.init(number: Number.bases, name: "fs_base", bitCount: 64, kind: .general))
        list.append(.init(number: Number.bases + 1, name: "gs_base", bitCount: 64, kind: .general))
        for (index, control) in controlNames.enumerated() {
            list.append(.init(number: Number.control + index, name: control.name, bitCount: 64, kind: .control))
        }
        list.append(.init(number: Number.counter, name: "tsc", bitCount: 64, kind: .counter))
        return list
    }()

    /// The linear address of the next instruction.
    public var programCounter: UInt64 { runtime.pointee.codeBase &+ state.pointee.rip }

    public func readRegister(_ number: Int) -> UInt64? {
        switch number {
        case 0..<16: state.pointee.registers[Self.generalOrder[number]]
        case Number.programCounter: programCounter
        case Number.flags: flags
        case Number.segments..<(Number.segments + 6):
            UInt64(state.pointee.segments[Self.segmentOrder[number - Number.segments]].selector)
        case Number.bases...(Number.bases + 1):
            state.pointee.segments[SegmentRegister.fs + number - Number.bases].base
        case Number.control..<(Number.control + Self.controlNames.count):
            state.pointee[keyPath: Self.controlNames[number - Number.control].field]
        case Number.counter: timestamp
        default: nil
        }
    }

    public func writeRegister(_ number: Int, _ value: UInt64) -> Bool {
        switch number {
        case 0..<16: state.pointee.registers[Self.generalOrder[number]] = value
        case Number.programCounter:
            state.pointee.rip = value &- runtime.pointee.codeBase
            if state.pointee.waiting == CPUState.halted { state.pointee.waiting = 0 }
        case Number.flags: setFlags(value & ~RFlags.virtual8086 | flags & RFlags.virtual8086)
        case Number.bases...(Number.bases + 1):
            state.pointee.segments[SegmentRegister.fs + number - Number.bases].base = value
        default: return false
        }
        runtime.pointee.fetchPage = TranslationEntry.invalidTag
        callForAttention()
        return true
    }

    public func physicalAddress(ofVirtual address: UInt64) -> GuestPhysicalAddress? {
        try? walk(address, .read, isUser: false, marks: false).physical
    }

    public func pageTableSteps(of address: UInt64) -> [PageTableStep] {
        guard state.pointee.cr0 & CR0.paging != 0 else { return [] }
        var steps: [PageTableStep] = []
        _ = try? walk(address, .read, isUser: false, marks: false) { steps.append($0) }
        return steps
    }

    public func disassemble(at address: UInt64) -> (text: String, byteCount: Int)? {
        var bytes: [UInt8] = []
        for offset in 0..<UInt64(Decoder.maximumLength) {
            guard let physical = physicalAddress(ofVirtual: address &+ offset),
                let byte = environment.memory.load(UInt8.self, at: physical)
            else { break }
            bytes.append(byte)
        }
        guard !bytes.isEmpty else { return nil }
        let size = runtime.pointee.mode.codeSize
        guard let instruction = bytes.withUnsafeBytes({ try? Decoder.decode($0, size) }) else { return ("(bad)", 1) }
        return (instruction.assemblyText(at: address), Int(instruction.length))
    }

    public func cachedPages(limit: Int) -> [CachedPage] {
        var pages: [CachedPage] = []
        for index in Set([dataSetIndex, fetchSetIndex]).sorted() {
            let entries = translations.entries(of: index)
            for slot in 0..<TranslationEntry.setEntryCount where pages.count < limit {
                guard let page = environment.memory.cachedPage(entries[slot]) else { continue }
                pages.append(page)
            }
        }
        return pages
    }
}
