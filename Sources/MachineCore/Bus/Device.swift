// What a memory-mapped device is to the rest of the machine, and all that a device may touch.

/// A device with memory-mapped registers. A device sees offsets into its own window, never its
/// address, and is only ever called by one thread at a time: by the machine's runner, or by the thread
/// of a CPU that holds the machine's lock.
///
/// Neither function may fail: a guest can write anything anywhere. What a register does with a
/// width or an offset that its specification does not define is: read 0, ignore the write.
public protocol Device: AnyObject {
    /// Reads `width` bytes at `offset`; the result is zero-extended.
    func read(at offset: UInt64, width: AccessWidth) -> UInt64
    /// Writes the low `width` bytes of `value` at `offset`.
    func write(_ value: UInt64, at offset: UInt64, width: AccessWidth)
    /// Returns to the power-on state, as a reset line does.
    func reset()
    /// The memory at `offset`, where a CPU may read and write it without the device; nil anywhere else, as
    /// for most devices. Such memory comes in whole pages of 4096 bytes of the address space, and stays what
    /// it is until the device tells its board.
    func directMemory(at offset: UInt64) -> (memory: GuestMemory, address: GuestPhysicalAddress)?
}

extension Device {
    public func directMemory(at offset: UInt64) -> (memory: GuestMemory, address: GuestPhysicalAddress)? { nil }
}

/// The world of a device: guest memory for DMA, virtual time and a log. Interrupt lines and
/// back ends are named resources of each device.
public struct DeviceContext {
    /// RAM, for direct memory access.
    public let memory: GuestMemory
    /// The only time a device may read.
    public let clock: VirtualClock
    /// Makes timers on virtual time.
    public let timers: TimerQueue
    /// Receives notable events, such as a guest that broke a device's rules.
    public let log: MachineLog

    /// Collects what the devices of one machine share.
    public init(memory: GuestMemory, clock: VirtualClock, timers: TimerQueue, log: MachineLog) {
        self.memory = memory
        self.clock = clock
        self.timers = timers
        self.log = log
    }
}
