// What the tests of qcow2 images share: QEMU's tools as an oracle, random numbers, whole-disk access.
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Storage

/// What a tool of QEMU's said.
struct ToolResult {
    let status: Int32
    let output: String
}

/// Runs a tool of Debian's qemu-utils. A missing one fails the test.
@discardableResult
func qemu(_ tool: String, _ arguments: [String]) throws -> ToolResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/\(tool)")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    do { try process.run() } catch {
        Issue.record("\(tool) is missing; install it: apt-get install qemu-utils")
        throw error
    }
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return ToolResult(status: process.terminationStatus, output: output)
}

/// Expects `qemu-img` to succeed.
func qemuImage(_ arguments: String..., at location: SourceLocation = #_sourceLocation) throws {
    let result = try qemu("qemu-img", arguments)
    #expect(result.status == 0, "qemu-img \(arguments): \(result.output)", sourceLocation: location)
}

/// Expects an image without errors; leaks are refused unless the caller has crashed it.
func expectWhole(
    _ path: String, leaksAllowed: Bool = false, at location: SourceLocation = #_sourceLocation
) throws {
    let result = try qemu("qemu-img", ["check", "-f", "qcow2", path])
    // 2: errors, 3: only leaks.
    let isGood = result.status == 0 || leaksAllowed && result.status == 3
    #expect(isGood, "qemu-img check: \(result.status) \(result.output)", sourceLocation: location)
}

/// Expects QEMU to read the same bytes.
func expectQEMUReads(
    _ path: String, _ bytes: [UInt8], _ files: TemporaryFiles,
    at location: SourceLocation = #_sourceLocation
) throws {
    let reference = try files.file("reference-\(UUID()).raw", bytes)
    let result = try qemu("qemu-img", ["compare", "-f", "qcow2", "-F", "raw", path, reference])
    #expect(result.status == 0, "qemu-img compare: \(result.output)", sourceLocation: location)
    try FileManager.default.removeItem(atPath: reference)
}

/// The same numbers in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        let words = (0..<(count + 7) / 8).map { _ in next() }
        return words.withUnsafeBytes { Array($0.prefix(count)) }
    }
}

extension SynchronousDisk {
    /// Reads a range in pieces of odd lengths.
    func bytes(at offset: Int, count: Int) throws -> [UInt8] {
        let memory = TestMemory([UInt8](repeating: 0xee, count: count))
        let counts = count > 7 ? [1, 0, 5, count - 6] : [count]
        try perform(.read(offset: UInt64(offset), into: memory.segments(counts)))
        return memory[0..<count]
    }

    /// The whole disk.
    func allBytes() throws -> [UInt8] { try bytes(at: 0, count: Int(byteCount)) }

    func put(_ bytes: [UInt8], at offset: Int) throws {
        let memory = TestMemory(bytes)
        let counts = bytes.count > 3 ? [2, bytes.count - 3, 1] : [bytes.count]
        try perform(.write(offset: UInt64(offset), from: memory.segments(counts)))
    }
}

extension TemporaryFiles {
    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// An image that QEMU made.
    func qemuImage(_ name: String, _ byteCount: Int, _ options: String...) throws -> String {
        let path = path(name)
        let result = try qemu("qemu-img", ["create", "-q", "-f", "qcow2"] + options + [path, "\(byteCount)"])
        #expect(result.status == 0, "\(result.output)")
        return path
    }
}

/// A folder in memory where the host has one: what a flush costs there is no concern of most tests.
let fastFolder = FileManager.default.isWritableFile(atPath: "/dev/shm")
    ? "/dev/shm" : FileManager.default.temporaryDirectory.path

/// All files of a test's folder are allowed.
let anyFile = QCOW2BackingPolicy { $0.path }

/// Opens an image that was closed a moment ago. Other tests start processes at the same time, and those
/// have our files, with their locks, until they run their program.
func patiently<Disk>(_ open: () throws(QCOW2Error) -> Disk) throws(QCOW2Error) -> Disk {
    for _ in 0..<40 {
        do {
            return try open()
        } catch .disk(.inUse), .disk(.inUseHere), .backing(_, .disk(.inUse)), .backing(_, .disk(.inUseHere)) {
            usleep(5000)
        }
    }
    return try open()
}

/// A file in memory. It counts what is written, fails when told to, and knows what a loss of power may
/// leave of it: everything before the last barrier, and any of the sectors written later.
final class MemoryImage: HostImage, @unchecked Sendable {
    let path: String
    private(set) var bytes: [UInt8]
    private var durable: [UInt8]
    private var pending: [(offset: Int, bytes: [UInt8])] = []
    private(set) var writeCount = 0
    private(set) var barrierCount = 0
    /// The writes and barriers that still work.
    var budget = Int.max
    var failure = HostError("power", code: HostError.Code.inputOutput)

    init(_ bytes: [UInt8], path: String = "/nowhere/memory.qcow2") {
        self.bytes = bytes
        durable = bytes
        self.path = path
    }

    func byteCount() throws(HostError) -> UInt64 { UInt64(bytes.count) }

    func read(into buffers: [UnsafeMutableRawBufferPointer], at offset: UInt64) throws(HostError) {
        var position = Int(offset)
        for buffer in buffers {
            guard position + buffer.count <= bytes.count else {
                throw HostError("read", code: HostError.Code.inputOutput)
            }
            buffer.copyBytes(from: bytes[position..<position + buffer.count])
            position += buffer.count
        }
    }

    func write(_ buffers: [UnsafeRawBufferPointer], at offset: UInt64) throws(HostError) {
        let data = buffers.flatMap { Array($0) }
        try spend()
        // A file that grows without end would be a bug, and would take the test's memory.
        guard offset < 1 << 30 else { throw HostError("write", code: HostError.Code.noSpace) }
        apply(Int(offset), data, to: &bytes)
        pending.append((Int(offset), data))
        writeCount += 1
    }

    func synchronizeData() throws(HostError) {
        try spend()
        durable = bytes
        pending = []
        barrierCount += 1
    }

    func punchHole(at offset: UInt64, count: UInt64) throws(HostError) {
        try spend()
        let end = min(Int(offset + count), bytes.count)
        guard Int(offset) < end else { return }
        let zeros = [UInt8](repeating: 0, count: end - Int(offset))
        apply(Int(offset), zeros, to: &bytes)
        pending.append((Int(offset), zeros))
    }

    private func spend() throws(HostError) {
        guard budget > 0 else { throw failure }
        budget -= 1
    }

    private func apply(_ offset: Int, _ data: [UInt8], to image: inout [UInt8]) {
        if image.count < offset + data.count {
            image += [UInt8](repeating: 0, count: offset + data.count - image.count)
        }
        image.replaceSubrange(offset..<offset + data.count, with: data)
    }

    /// What a loss of power leaves: sectors reach the medium one by one, in any order.
    func afterPowerLoss(_ random: inout SplitMix) -> [UInt8] {
        var image = durable
        let keep = UInt64.random(in: 0...4, using: &random)
        for (offset, data) in pending {
            var position = offset
            while position < offset + data.count {
                let end = min(position / 512 * 512 + 512, offset + data.count)
                if random.next() % 4 < keep {
                    apply(position, Array(data[position - offset..<end - offset]), to: &image)
                }
                position = end
            }
        }
        return image
    }
}
