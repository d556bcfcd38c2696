// A CPU and the interrupt controller of its own, where interrupts have vectors: what each sees of the other.

/// What asks a CPU for interrupts by vector, and takes accesses that only this CPU makes (a local APIC).
public protocol LocalInterruptController: AnyObject {
    /// There is an interrupt to take as soon as the CPU takes interrupts.
    var hasInterrupt: Bool { get }
    /// Takes the interrupt with the highest priority; gives its vector, or nil when there is none any more.
    func acknowledgeInterrupt() -> UInt8?
    /// The priority, 0 to 15, at or below which interrupts wait.
    var taskPriority: UInt8 { get set }
    /// The physical address of the page that its registers lie in for this CPU; nil while they are not in memory.
    var registerPage: GuestPhysicalAddress? { get }
    /// Reads the aligned 32-bit register at `offset` (0 to 0xffc) in that page.
    func readRegister(at offset: UInt64) -> UInt32
    /// Writes the aligned 32-bit register at `offset` (0 to 0xffc) in that page.
    func writeRegister(at offset: UInt64, _ value: UInt32)
    /// The value of a model-specific register; nil when the controller has none of this number in its present mode.
    func readModelSpecificRegister(_ number: UInt32) -> UInt64?
    /// Writes a model-specific register; false when there is none of this number, or it does not take the value.
    func writeModelSpecificRegister(_ number: UInt32, _ value: UInt64) -> Bool
}

/// What a local interrupt controller asks of its CPU.
public protocol InterruptedCPU: AnyObject {
    /// The CPU looks at its controller as soon as it can.
    func callForAttention()
    /// A non-maskable interrupt.
    func raiseNonmaskableInterrupt()
    /// Puts the CPU into the state that INIT gives, waiting for `startUp`.
    func initialize()
    /// Starts a CPU that waits after `initialize`, in real mode at the physical address `page` * 4096; any other does
    /// not notice.
    func startUp(page: UInt8)
}
