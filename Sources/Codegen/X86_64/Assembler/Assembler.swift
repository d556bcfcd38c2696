// The x86-64 assembler: where instruction bytes go.

/// Writes x86-64 instructions into memory that the caller gives.
///
/// Methods are named after what the instruction does or its mnemonic; operands come in Intel's order,
/// destination first. Instructions are 64 bits wide unless `width` says otherwise. Encodings follow
/// the Intel SDM volume 2. Nothing here allocates or throws: code that can not be encoded sets
/// `overflowed`, and the caller checks that once, at the end.
public struct Assembler {
    /// The memory that instructions go to.
    public let buffer: UnsafeMutablePointer<UInt8>
    /// The address at which the first byte of the buffer will execute: code is often written through
    /// one mapping and run through another.
    public var finalBase: UInt
    /// How many bytes were written: the offset of the next instruction.
    public private(set) var count = 0
    /// Whether code was left out, because the buffer is full or because something has no encoding (a
    /// short jump too far away): the code must not be run.
    public private(set) var overflowed = false
    /// The last offset at which an instruction may begin; -1 after a failure.
    private var lastStart: Int

    /// What must be free for one more instruction: the longest has 15 bytes, but bytes are stored in
    /// words, and the last of these may begin at byte 12.
    static let room = 24

    /// An empty assembler over `capacity` bytes at `buffer`. Of the bytes from `count` on, up to 24 may
    /// be scribbled on; never anything past `capacity`.
    public init(buffer: UnsafeMutablePointer<UInt8>, capacity: Int, finalBase: UInt = 0) {
        self.buffer = buffer
        self.finalBase = finalBase
        lastStart = capacity - Self.room
        overflowed = lastStart < 0
    }

    /// The address at which the next instruction will execute.
    public var finalAddress: UInt { finalBase &+ UInt(bitPattern: count) }

    /// Whether there is room for one more instruction; says so when not.
    @inline(__always)
    mutating func reserve() -> Bool {
        if count <= lastStart { return true }
        fail()
        return false
    }

    /// Gives up: nothing is written any more.
    mutating func fail() {
        overflowed = true
        lastStart = -1
    }

    /// Appends the `byteCount` low bytes of `word`, after `reserve()`.
    @inline(__always)
    mutating func put(_ word: UInt64, _ byteCount: Int) {
        UnsafeMutableRawPointer(buffer + count).storeBytes(of: word, as: UInt64.self)
        count &+= byteCount
    }

    /// Appends an instruction without operands, of 1 to 8 bytes, the first in the low bits.
    @inline(__always)
    mutating func whole(_ bytes: UInt64, _ byteCount: Int) {
        if reserve() { put(bytes, byteCount) }
    }

    /// Replaces the 4 bytes at `position`, if they were written.
    @inline(__always)
    mutating func replace(at position: Int, with value: Int32) {
        guard !overflowed, position >= 0, position <= count &- 4 else { return fail() }
        UnsafeMutableRawPointer(buffer + position).storeBytes(of: value, as: Int32.self)
    }

    /// Replaces the byte at `position`, if it was written.
    @inline(__always)
    mutating func replace(at position: Int, with value: Int8) {
        guard !overflowed, position >= 0, position < count else { return fail() }
        buffer[position] = UInt8(bitPattern: value)
    }
}
