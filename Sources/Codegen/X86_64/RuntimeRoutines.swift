// The routines that all generated code shares: the way in, the ways out, and calls of the engine.
import IR
import MachineCore

/// The functions of the engine that generated code calls. `state` is the CPU's state block; `site` is a
/// `SiteInfo`. Those that return a status return 0 when the access was made.
public struct EngineFunctions: Sendable {
    public typealias Access = @convention(c) (
        _ state: UnsafeMutableRawPointer, _ address: UInt64, _ site: UInt64
    ) -> UInt32
    public typealias Help = @convention(c) (
        _ state: UnsafeMutableRawPointer, _ helper: UInt32, _ site: UInt64
    ) -> UInt32
    public typealias Float = @convention(c) (_ state: UnsafeMutableRawPointer, _ code: UInt64) -> Void

    /// Reads memory that the TLB did not serve, into the context's result.
    public let load: Access
    /// Writes the context's second argument to memory that the TLB did not serve.
    public let store: Access
    /// Makes the TLB serve writes to the page.
    public let prepareWrite: Access
    /// Runs a helper on the context's arguments, with the result in the context.
    public let help: Help
    /// Computes a floating-point operation on the context's arguments and result, into the result.
    public let float: Float

    /// Collects the functions.
    public init(load: Access, store: Access, prepareWrite: Access, help: Help, float: Float) {
        self.load = load
        self.store = store
        self.prepareWrite = prepareWrite
        self.help = help
        self.float = float
    }
}

/// The addresses of the shared routines.
public struct RuntimeRoutines: Sendable {
    /// Called as a C function with the state block and the address of a block's code; runs until an exit
    /// and returns a `CodeExit`.
    public private(set) var enter: UInt = 0
    // Ways out.
    private(set) var budget: UInt = 0
    private(set) var hot: UInt = 0
    private(set) var attention: UInt = 0
    private(set) var lookupMissed: UInt = 0
    private(set) var link: UInt = 0
    private(set) var bail: UInt = 0
    /// Where the head of a block that was taken back jumps to.
    public private(set) var retired: UInt = 0
    /// Goes on at the block address by way of the jump cache; for jumps that may not be linked.
    public private(set) var lookup: UInt = 0
    // Calls.
    private(set) var load: UInt = 0
    private(set) var store: UInt = 0
    private(set) var prepareWrite: UInt = 0
    private(set) var helper: UInt = 0
    private(set) var float: UInt = 0
    /// How many bytes they take.
    public private(set) var byteCount = 0

    /// Writes the routines to `target`, where `capacity` (at least 4096) bytes are free; nil if that is
    /// too little.
    public init?(
        _ environment: IREnvironment, _ functions: EngineFunctions, into target: UnsafeMutablePointer<UInt8>,
        capacity: Int, finalAddress: UInt
    ) {
        var writer = RuntimeWriter(environment, target, capacity, finalAddress)
        enter = writer.writeEnter()
        let leave = writer.writeLeave()
        budget = writer.writeBudgetExit(.budget, leave)
        hot = writer.writeBudgetExit(.hot, leave)
        attention = writer.writeExit(.attention, leave)
        lookupMissed = writer.writeExit(.lookup, leave)
        lookup = writer.writeLookup(lookupMissed)
        retired = writer.writeExit(.retired, leave)
        link = writer.writeLinkExit(leave)
        bail = writer.writeSiteExit(.bail, leave)
        load = writer.writeAccess(functions.load, bail)
        store = writer.writeAccess(functions.store, bail)
        prepareWrite = writer.writeAccess(functions.prepareWrite, bail)
        float = writer.writeFloat(functions.float)
        helper = writer.writeHelper(functions.help)
        byteCount = writer.assembler.count
        if writer.assembler.overflowed { return nil }
    }
}

/// Writes the routines.
private struct RuntimeWriter {
    var assembler: Assembler
    let environment: IREnvironment
    let assignment: RegisterAssignment
    let context = ContextOffsets()

    /// What the C calling convention keeps, in the order in which it is pushed (System V ABI, 3.2.1).
    private let saved: [GeneralRegister] = [.rbp, .rbx, .r12, .r13, .r14, .r15]
    /// What generated code uses and a C function may change.
    private let volatile: [GeneralRegister] = [.rax, .rcx, .rdx, .rsi, .rdi, .r8, .r9]
    /// The frame of generated code, so that the stack is aligned in it.
    private var frameByteCount: Int32 { Int32(HostRole.spillSlotCount * 8 + 8) }

    init(
        _ environment: IREnvironment, _ target: UnsafeMutablePointer<UInt8>, _ capacity: Int,
        _ finalAddress: UInt
    ) {
        assembler = Assembler(buffer: target, capacity: capacity, finalBase: finalAddress)
        self.environment = environment
        assignment = RegisterAssignment(environment)
    }

    private func state(_ offset: Int32) -> MemoryOperand { MemoryOperand(HostRole.state, offset) }

    private mutating func begin() -> UInt {
        while assembler.count % 16 != 0 { assembler.nop(1) }
        return assembler.finalAddress
    }

    // MARK: In and out

    mutating func writeEnter() -> UInt {
        let entry = begin()
        for register in saved { assembler.push(register) }
        assembler.arithmetic(.sub, .rsp, frameByteCount, width: .double)
        assembler.move(HostRole.state, .rdi)
        assembler.move(.rax, .rsi)
        assembler.stmxcsr(state(context.hostFloatControl))
        loadGuest()
        assembler.load(HostRole.blockAddress, state(Int32(environment.programCounterOffset)), width: .double)
        assembler.jump(.rax)
        return entry
    }

    private mutating func loadGuest() {
        assembler.load(HostRole.dataSet, state(context.dataSet), width: .double)
        for (offset, register) in assignment.general {
            assembler.load(register, state(Int32(offset)), width: .double)
        }
        for (offset, register) in assignment.vector { assembler.loadDouble(register, state(Int32(offset))) }
        for (offset, register) in assignment.wide { assembler.loadWide(register, state(Int32(offset))) }
        assembler.ldmxcsr(state(context.floatControl))
    }

    private mutating func storeGuest() {
        for (offset, register) in assignment.general {
            assembler.store(state(Int32(offset)), register, width: .double)
        }
        for (offset, register) in assignment.vector { assembler.storeDouble(state(Int32(offset)), register) }
        for (offset, register) in assignment.wide { assembler.storeWide(state(Int32(offset)), register) }
        assembler.stmxcsr(state(context.floatControl))
        assembler.ldmxcsr(state(context.hostFloatControl))
    }

    /// Puts guest registers home and returns from `enter` with the exit that is in eax.
    mutating func writeLeave() -> UInt {
        let entry = begin()
        storeGuest()
        writeReturn()
        return entry
    }

    private mutating func writeReturn() {
        assembler.store(state(Int32(environment.programCounterOffset)), HostRole.blockAddress, width: .double)
        assembler.arithmetic(.add, .rsp, frameByteCount, width: .double)
        for register in saved.reversed() { assembler.pop(register) }
        assembler.ret()
    }

    mutating func writeExit(_ exit: CodeExit, _ leave: UInt) -> UInt {
        let entry = begin()
        assembler.moveImmediate(.rax, exit.rawValue)
        assembler.jump(toAddress: leave)
        return entry
    }

    mutating func writeLookup(_ missed: UInt) -> UInt {
        let entry = begin()
        assembler.lookup(context, missed: missed)
        return entry
    }

    /// Scratch B has the number of instructions to put back.
    mutating func writeBudgetExit(_ exit: CodeExit, _ leave: UInt) -> UInt {
        let entry = begin()
        assembler.arithmetic(.add, state(context.budget), HostRole.scratchB, width: .double)
        assembler.moveImmediate(.rax, exit.rawValue)
        assembler.jump(toAddress: leave)
        return entry
    }

    /// Reached by a call, whose return address says which jump it was.
    mutating func writeLinkExit(_ leave: UInt) -> UInt {
        let entry = begin()
        assembler.pop(HostRole.scratchB)
        assembler.store(state(context.exitDetail), HostRole.scratchB, width: .double)
        assembler.moveImmediate(.rax, CodeExit.link.rawValue)
        assembler.jump(toAddress: leave)
        return entry
    }

    /// Scratch B has the site: its instruction becomes the next one, and is not counted.
    mutating func writeSiteExit(_ exit: CodeExit, _ leave: UInt) -> UInt {
        let entry = begin()
        returnToSite()
        assembler.moveImmediate(.rax, exit.rawValue)
        assembler.jump(toAddress: leave)
        return entry
    }

    private mutating func returnToSite() {
        let (a, b) = (HostRole.scratchA, HostRole.scratchB)
        assembler.move(a, b)
        assembler.shift(.sar, a, 16, width: .double)
        assembler.arithmetic(.add, HostRole.blockAddress, a, width: .double)
        assembler.arithmetic(.and, b, 0xfff, width: .word)
        assembler.arithmetic(.add, state(context.budget), b, width: .double)
    }

    // MARK: Calls

    /// Saves what a C function may change. On entry the stack is 8 bytes off its alignment, afterwards
    /// it is aligned: 8 registers are pushed, and one word is added.
    private mutating func saveVolatile() {
        for register in volatile { assembler.push(register) }
        assembler.push(HostRole.scratchB)
        assembler.arithmetic(.sub, .rsp, 16 * 16 + 8, width: .double)
        for register in VectorRegister.allCases {
            assembler.storeWide(MemoryOperand(.rsp, Int32(register.rawValue) * 16), register)
        }
    }

    private mutating func restoreVolatile() {
        for register in VectorRegister.allCases {
            assembler.loadWide(register, MemoryOperand(.rsp, Int32(register.rawValue) * 16))
        }
        assembler.arithmetic(.add, .rsp, 16 * 16 + 8, width: .double)
        assembler.pop(HostRole.scratchB)
        for register in volatile.reversed() { assembler.pop(register) }
    }

    private mutating func call(_ address: UInt) {
        assembler.moveImmediate(.rax, UInt64(address))
        assembler.call(.rax)
    }

    /// Scratch A has the address and gets the result, scratch B has the site.
    mutating func writeAccess(_ function: EngineFunctions.Access, _ bail: UInt) -> UInt {
        let entry = begin()
        saveVolatile()
        assembler.move(.rdi, HostRole.state)
        assembler.move(.rsi, HostRole.scratchA)
        assembler.move(.rdx, HostRole.scratchB)
        call(unsafeBitCast(function, to: UInt.self))
        assembler.move(HostRole.scratchA, .rax)
        restoreVolatile()
        // A page that is the first of its kind may have made the CPU choose another set.
        assembler.load(HostRole.dataSet, state(context.dataSet), width: .double)
        assembler.test(HostRole.scratchA, HostRole.scratchA)
        let failed = assembler.jumpRelative(.notEqual)
        assembler.load(HostRole.scratchA, state(context.result), width: .double)
        assembler.ret()
        assembler.patchRelative(at: failed, to: assembler.count)
        // The instruction is interpreted instead: the caller is not returned to.
        assembler.arithmetic(.add, .rsp, 8, width: .double)
        assembler.jump(toAddress: bail)
        return entry
    }

    /// Scratch B has the operation; scratch A gets the result.
    mutating func writeFloat(_ function: EngineFunctions.Float) -> UInt {
        let entry = begin()
        saveVolatile()
        assembler.move(.rdi, HostRole.state)
        assembler.move(.rsi, HostRole.scratchB)
        call(unsafeBitCast(function, to: UInt.self))
        restoreVolatile()
        assembler.load(HostRole.scratchA, state(context.result), width: .double)
        assembler.ret()
        return entry
    }

    /// eax has the helper and gets the result, scratch B has the site.
    mutating func writeHelper(_ function: EngineFunctions.Help) -> UInt {
        let entry = begin()
        storeGuest()
        assembler.push(HostRole.scratchB)
        assembler.move(HostRole.scratchA, HostRole.scratchB)
        assembler.shift(.sar, HostRole.scratchA, 16, width: .double)
        assembler.arithmetic(.add, HostRole.scratchA, HostRole.blockAddress, width: .double)
        assembler.store(state(Int32(environment.programCounterOffset)), HostRole.scratchA, width: .double)
        assembler.move(.rdi, HostRole.state)
        assembler.move32(.rsi, .rax)
        assembler.move(.rdx, HostRole.scratchB)
        call(unsafeBitCast(function, to: UInt.self))
        assembler.pop(HostRole.scratchB)
        assembler.test(.rax, .rax, width: .word)
        let failed = assembler.jumpRelative(.notEqual)
        loadGuest()
        assembler.load(.rax, state(context.result), width: .double)
        assembler.ret()
        assembler.patchRelative(at: failed, to: assembler.count)
        // Guest registers are home: what the helper left there counts.
        assembler.arithmetic(.add, .rsp, 8, width: .double)
        returnToSite()
        assembler.moveImmediate(.rax, CodeExit.trap.rawValue)
        writeReturn()
        return entry
    }
}
