// The platform-level interrupt controller of RISC-V: gateways, priorities, claim and complete.
import MachineCore

/// A RISC-V PLIC with level-triggered gateways. Source 0 does not exist; a context is a target of
/// interrupts, usually one privilege mode of one hart.
///
/// Registers are 32 bits wide, and only aligned 32-bit accesses do something, as the specification
/// demands. Source: RISC-V Platform-Level Interrupt Controller Specification 1.0.0; chapter names in
/// this folder are those of that document.
public final class PLIC: Device, Snapshotting, InterruptSink {
    /// The device tree's names for this device.
    public static let compatible = ["sifive,plic-1.0.0", "riscv,plic0"]
    /// The highest priority and threshold: three bits each ("Interrupt Priorities").
    public static let maximumPriority: UInt8 = 7
    /// The most sources that the memory map has room for, source 0 included.
    public static let maximumSourceCount = 1024
    /// The most contexts that the memory map has room for.
    public static let maximumContextCount = 15872

    /// The size in bytes of the register window for `contextCount` contexts.
    public static func windowByteCount(contextCount: Int) -> UInt64 {
        Layout.contextBase + UInt64(max(contextCount, 0)) * Layout.contextStride
    }

    /// The live things that a PLIC works with.
    public struct Resources {
        /// The external-interrupt wire of each context, in the order of the contexts.
        public let contextLines: [InterruptLine]

        /// Connects a PLIC to its targets.
        public init(contextLines: [InterruptLine]) {
            self.contextLines = contextLines
        }
    }

    public static let stateVersion: StateVersion = 1
    public internal(set) var state: State
    let resources: Resources

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        try state.validate(contextCount: resources.contextLines.count)
        self.resources = resources
        self.state = state
        driveContexts()
    }

    public func reset() {
        state = State(sourceCount: state.sourceCount, contextCount: state.contexts.count)
        driveContexts()
    }

    /// The wire of source `input` now has this level; sources that do not exist are ignored.
    public func setInput(_ input: Int, to level: Bool) {
        guard input > 0, input < state.sourceCount, state.levels[input] != level else { return }
        state.levels[input] = level
        forwardRequest(of: input)
        driveContexts()
    }

    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        guard width == .word, let register = register(at: offset) else { return 0 }
        switch register {
        case .priority(let source): return UInt64(state.priorities[source])
        case .pending(let word): return UInt64(state.pending.words[word])
        case .enable(let context, let word): return UInt64(state.contexts[context].enabled.words[word])
        case .threshold(let context): return UInt64(state.contexts[context].threshold)
        case .claim(let context): return UInt64(claim(for: context))
        }
    }

    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard width == .word, let register = register(at: offset) else { return }
        switch register {
        case .priority(let source):
            state.priorities[source] = UInt8(truncatingIfNeeded: value) & Self.maximumPriority
        case .pending:
            return
        case .enable(let context, let word):
            let existing = state.existingSources(inWord: word)
            state.contexts[context].enabled.words[word] = UInt32(truncatingIfNeeded: value) & existing
        case .threshold(let context):
            state.contexts[context].threshold = UInt8(truncatingIfNeeded: value) & Self.maximumPriority
        case .claim(let context):
            complete(UInt32(truncatingIfNeeded: value), for: context)
        }
        driveContexts()
    }
}

extension PLIC {
    /// The memory map ("Memory Map").
    private enum Layout {
        static let pendingBase: UInt64 = 0x1000
        static let enableBase: UInt64 = 0x2000
        static let enableStride: UInt64 = 0x80
        static let contextBase: UInt64 = 0x20_0000
        static let contextStride: UInt64 = 0x1000
    }

    private enum Register {
        case priority(source: Int)
        case pending(word: Int)
        case enable(context: Int, word: Int)
        case threshold(context: Int)
        case claim(context: Int)
    }

    /// The register at an offset, or nil where there is none.
    private func register(at offset: UInt64) -> Register? {
        guard offset & 3 == 0 else { return nil }
        let wordCount = UInt64(state.pending.words.count)
        switch offset {
        case ..<Layout.pendingBase:
            let source = offset / 4
            // Source 0 has no priority: "the base is reserved".
            return source > 0 && source < UInt64(state.sourceCount) ? .priority(source: Int(source)) : nil
        case ..<Layout.enableBase:
            let word = (offset - Layout.pendingBase) / 4
            return word < wordCount ? .pending(word: Int(word)) : nil
        case ..<Layout.contextBase:
            let (context, inside) = (offset - Layout.enableBase).quotientAndRemainder(
                dividingBy: Layout.enableStride)
            guard context < UInt64(state.contexts.count), inside / 4 < wordCount else { return nil }
            return .enable(context: Int(context), word: Int(inside / 4))
        default:
            let (context, inside) = (offset - Layout.contextBase).quotientAndRemainder(
                dividingBy: Layout.contextStride)
            guard context < UInt64(state.contexts.count) else { return nil }
            switch inside {
            case 0: return .threshold(context: Int(context))
            case 4: return .claim(context: Int(context))
            default: return nil
            }
        }
    }
}
