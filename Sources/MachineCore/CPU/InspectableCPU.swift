// A CPU as debuggers and tools see it: registers by name and number, and virtual memory.

/// A register of a CPU.
public struct RegisterDescription: Equatable, Sendable {
    /// The number that the GNU debugger knows the register by.
    public let number: Int
    /// The name in assembly language.
    public let name: String
    /// The size in bits, a multiple of 8.
    public let bitCount: Int
    public let kind: Kind

    /// What a register is for. The order is that in which tools show them.
    public enum Kind: Int, Sendable, CaseIterable {
        case general, programCounter, floatingPoint, control
        /// Changes with every instruction.
        case counter
        case privilege
    }

    /// A register.
    public init(number: Int, name: String, bitCount: Int, kind: Kind) {
        self.number = number
        self.name = name
        self.bitCount = bitCount
        self.kind = kind
    }
}

/// One step on the way from a virtual to a physical address.
public struct PageTableStep: Equatable, Sendable {
    /// The level of the table, 0 for the last one.
    public let level: Int
    /// Where the entry is.
    public let entryAddress: GuestPhysicalAddress
    /// The entry.
    public let entry: UInt64

    /// A step.
    public init(level: Int, entryAddress: GuestPhysicalAddress, entry: UInt64) {
        self.level = level
        self.entryAddress = entryAddress
        self.entry = entry
    }
}

/// A CPU that can be looked into while it does not run. Nothing here changes what the guest can see, but what
/// is written.
public protocol InspectableCPU: VirtualCPU {
    /// The name of the instruction set, as the GNU debugger writes it, for instance `riscv:rv64`.
    static var architecture: String { get }
    /// All registers, in order of their numbers.
    static var registers: [RegisterDescription] { get }
    /// The address of the next instruction.
    var programCounter: UInt64 { get }
    /// The value of register `number`; nil when there is none.
    func readRegister(_ number: Int) -> UInt64?
    /// Writes a register as an instruction would; false when there is none or it can not be written.
    func writeRegister(_ number: Int, _ value: UInt64) -> Bool
    /// Where the data at virtual address `address` lies now; nil when it is not mapped.
    func physicalAddress(ofVirtual address: UInt64) -> GuestPhysicalAddress?
    /// The entries that the CPU reads to translate `address`, the root's first; none where it does not
    /// translate. Ends with the first that is not valid.
    func pageTableSteps(of address: UInt64) -> [PageTableStep]
    /// The instruction at `address` in assembly language, and its length in bytes; nil when it can not be read.
    func disassemble(at address: UInt64) -> (text: String, byteCount: Int)?
    /// The pages that the CPU's translation cache holds, at most `limit`.
    func cachedPages(limit: Int) -> [CachedPage]
}

/// An entry of a CPU's translation cache.
public struct CachedPage: Equatable, Sendable {
    /// The virtual address of the page.
    public let page: UInt64
    /// Where it lies.
    public let physical: GuestPhysicalAddress
    /// What the entry lets pass: some of `r`, `w` and `x`.
    public let accesses: String

    /// An entry.
    public init(page: UInt64, physical: GuestPhysicalAddress, accesses: String) {
        self.page = page
        self.physical = physical
        self.accesses = accesses
    }
}
