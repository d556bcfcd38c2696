// How generated code uses the registers of the host.
import IR
import MachineCore

/// The roles of host registers in generated code. All blocks share them, so that chained blocks pass
/// guest registers on without memory accesses.
enum HostRole {
    /// The CPU's state block; its `ExecutionContext` is below it.
    static var state: GeneralRegister { .rbp }
    /// The TLB set of data accesses.
    static var dataSet: GeneralRegister { .r14 }
    /// The guest address of the block that runs. Code is relative to it, so that one translation
    /// serves every address at which the same page is mapped.
    static var blockAddress: GeneralRegister { .r15 }
    /// Used inside a single operation, never by a value.
    static var scratchA: GeneralRegister { .r10 }
    static var scratchB: GeneralRegister { .r11 }
    static var scratchVector: VectorRegister { .xmm3 }
    /// Hold values inside a block.
    static let temporaries: [GeneralRegister] = [.rax, .rcx, .rdx]
    static let temporaryVectors: [VectorRegister] = [.xmm0, .xmm1, .xmm2]
    /// Hold the guest's hottest registers at all times.
    static let pinned: [GeneralRegister] = [.rbx, .rsi, .rdi, .r8, .r9, .r12, .r13]
    static let pinnedVectors: [VectorRegister] = [
        .xmm4, .xmm5, .xmm6, .xmm7, .xmm8, .xmm9, .xmm10, .xmm11, .xmm12, .xmm13, .xmm14, .xmm15,
    ]
    /// Values that find no register lie in this many eight-byte slots at the stack pointer.
    static var spillSlotCount: Int { 64 }
}

/// Displacements of the fields of `ExecutionContext` from the state block.
struct ContextOffsets: Sendable {
    let flagTable = Self.offset(\.flagTable)
    let heat = Self.offset(\.heat)
    let attention = Self.offset(\.attention)
    let floatControl = Self.offset(\.floatControl)
    let hostFloatControl = Self.offset(\.hostFloatControl)
    let budget = Self.offset(\.budget)
    let argumentA = Self.offset(\.argumentA)
    let argumentB = Self.offset(\.argumentB)
    let result = Self.offset(\.result)
    let exitDetail = Self.offset(\.exitDetail)
    let jumpCache = Self.offset(\.jumpCache)
    let dataSet = Self.offset(\.dataSet)

    private static func offset(_ field: PartialKeyPath<ExecutionContext>) -> Int32 {
        guard let offset = MemoryLayout<ExecutionContext>.offset(of: field) else {
            preconditionFailure("every field of ExecutionContext is stored")
        }
        return Int32(offset - MemoryLayout<ExecutionContext>.stride)
    }
}

/// Which guest register lives in which host register.
struct RegisterAssignment: Sendable {
    /// Pinned integer fields: state offset and register.
    let general: [(offset: Int, register: GeneralRegister)]
    /// Pinned floating-point fields.
    let vector: [(offset: Int, register: VectorRegister)]
    /// Pinned fields of 16 bytes.
    let wide: [(offset: Int, register: VectorRegister)]
    /// By granule (offset divided by 8): a general register's number, a vector register's plus 16, twice that of one
    /// with 16 bytes plus 32 and its half, or -1.
    private let homes: [Int8]

    init(_ environment: IREnvironment) {
        general = zip(environment.hotFields, HostRole.pinned).map { ($0, $1) }
        vector = zip(environment.hotFloatFields, HostRole.pinnedVectors).map { ($0, $1) }
        wide = zip(environment.hotVectorFields, HostRole.pinnedVectors).map { ($0, $1) }
        var homes = [Int8](repeating: -1, count: environment.stateByteCount / 8 + 1)
        for (offset, register) in general { homes[offset / 8] = Int8(register.rawValue) }
        for (offset, register) in vector { homes[offset / 8] = Int8(register.rawValue) + 16 }
        for (offset, register) in wide {
            for half in 0..<2 { homes[offset / 8 + half] = Int8(register.rawValue) * 2 + 32 + Int8(half) }
        }
        self.homes = homes
    }

    /// The host register that holds the eight bytes at `offset`.
    func home(_ offset: Int) -> Home {
        let code = homes[offset >> 3]
        if code < 0 { return .memory }
        if code >= 32 {
            return .half(VectorRegister(rawValue: UInt8(code - 32) / 2) ?? .xmm0, UInt8(code) & 1)
        }
        if code < 16 { return .general(GeneralRegister(rawValue: UInt8(code)) ?? .rax) }
        return .vector(VectorRegister(rawValue: UInt8(code - 16)) ?? .xmm0)
    }

    enum Home {
        case memory
        case general(GeneralRegister)
        case vector(VectorRegister)
        /// The low (0) or high half of a field of 16 bytes.
        case half(VectorRegister, UInt8)
    }

    /// The register that holds the 16 bytes at `offset`.
    func wideHome(_ offset: Int) -> VectorRegister? {
        if case .half(let register, _) = home(offset) { return register }
        return nil
    }
}

/// Why generated code returned to the engine.
public enum CodeExit: UInt64, Sendable {
    /// The budget does not allow the next block.
    case budget
    /// The next block was entered often: it may pay to translate it with more effort.
    case hot
    /// Something needs attention before the next instruction.
    case attention
    /// The code for the next instruction is not in the jump cache.
    case lookup
    /// The block that was entered is no longer the translation of its code; whatever led there is out
    /// of date.
    case retired
    /// A jump that is not linked yet; `exitDetail` is the address behind its stub's call.
    case link
    /// The current instruction is to be interpreted.
    case bail
    /// A helper noted an exception of the current instruction.
    case trap
}

/// What a site in generated code tells about its guest instruction, in one integer.
public struct SiteInfo {
    /// Bits 0 to 11: instructions of the block that have not begun, the current one included.
    /// Bits 12 and 13: the logarithm of the access width. Bits 16 to 63: the instruction's distance from
    /// the block's address.
    let bits: UInt64

    init(distance: Int64, unexecuted: Int, width: AccessWidth = .byte) {
        let log = UInt64(width.rawValue.trailingZeroBitCount)
        bits = UInt64(bitPattern: distance) << 16 | log << 12 | UInt64(unexecuted & 0xfff)
    }
}

extension SiteInfo {
    /// The access width that the site tells.
    public static func width(_ bits: UInt64) -> AccessWidth {
        AccessWidth(rawValue: 1 << UInt8((bits >> 12) & 3)) ?? .byte
    }
    /// The instructions of its block that had not begun, its own included.
    public static func unexecuted(_ bits: UInt64) -> Int64 { Int64(bits & 0xfff) }
}
