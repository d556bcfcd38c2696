// Raw disks on real files: contents, ranges, locks and everything that is wrong with an image.
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Storage

struct RawDiskTests {
    let files: TemporaryFiles

    init() throws { files = try TemporaryFiles() }

    /// Two kinds of file systems: most can zero a range, tmpfs can only punch holes.
    private static let folders = [FileManager.default.temporaryDirectory.path, "/dev/shm"]
        .filter(FileManager.default.isWritableFile(atPath:))

    // MARK: Contents

    @Test func readsIntoSegments() throws {
        let disk = try RawDisk(path: files.disk(), readOnly: true)
        #expect(disk.byteCount == 1 << 16 && disk.isReadOnly)
        let memory = TestMemory([UInt8](repeating: 0xee, count: 2048))
        let segments = memory.segments([1, 0, 511, 1000, 24])
        try disk.perform(.read(offset: 1024, into: segments))
        #expect(memory[0..<1536] == pattern(1536, from: 1024))
        #expect(memory[1536..<2048].allSatisfy { $0 == 0xee })
    }

    @Test func writesFromSegments() throws {
        let path = try files.disk()
        let disk = try RawDisk(path: path, readOnly: false)
        let memory = TestMemory(pattern(1024).reversed())
        try disk.perform(.write(offset: 512, from: memory.segments([3, 1000, 21])))
        try disk.perform(.flush)
        #expect(try contents(path) == pattern(512) + pattern(1024).reversed() + pattern(64000, from: 1536))
    }

    /// More segments than one system call takes, and of odd lengths.
    @Test func thousandsOfSegments() throws {
        let path = try files.disk()
        let disk = try RawDisk(path: path, readOnly: false)
        let memory = TestMemory([UInt8](repeating: 0, count: 1 << 16))
        let counts = (0..<3000).map { $0 % 19 }
        let total = counts.reduce(0, +)
        try disk.perform(.read(offset: 7, into: memory.segments(counts)))
        #expect(memory[0..<total] == pattern(total, from: 7))
        try disk.perform(.write(offset: 100, from: memory.segments(counts)))
        #expect(try Array(contents(path)[100..<(100 + total)]) == pattern(total, from: 7))
    }

    @Test(arguments: folders) func discardGivesSpaceBackOrSaysThatItCanNot(folder: String) throws {
        let files = try TemporaryFiles(in: folder)
        defer { withExtendedLifetime(files) {} }
        let path = try files.disk(byteCount: 1 << 20)
        let disk = try RawDisk(path: path, readOnly: false)
        try disk.perform(.flush)
        let before = allocatedBytes(path)
        let outcome = disk.outcome(of: .discard(offset: 4096, count: 1 << 19))
        #expect(outcome.cause == nil)
        // tmpfs always can; what the other folder is on depends on the host.
        if folder == "/dev/shm" { #expect(outcome.status == .success) }
        let bytes = try contents(path)
        #expect(bytes.count == 1 << 20)
        #expect(Array(bytes[..<4096]) == pattern(4096))
        if outcome.status == .success {
            #expect(bytes[4096..<(4096 + 1 << 19)].allSatisfy { $0 == 0 })
            #expect(allocatedBytes(path) <= before - 1 << 18)
        } else {
            #expect(outcome.status == .unsupported && bytes == pattern(1 << 20))
        }
    }

    @Test(arguments: folders) func writesZeroes(folder: String) throws {
        let files = try TemporaryFiles(in: folder)
        defer { withExtendedLifetime(files) {} }
        let path = try files.disk(byteCount: 1 << 20)
        let disk = try RawDisk(path: path, readOnly: false)
        try disk.perform(.writeZeroes(offset: 512, count: 70_000))
        try disk.perform(.writeZeroes(offset: 1 << 19, count: 0))
        let bytes = try contents(path)
        #expect(bytes.count == 1 << 20)
        #expect(Array(bytes[..<512]) == pattern(512))
        #expect(bytes[512..<70_512].allSatisfy { $0 == 0 })
        #expect(Array(bytes[70_512...]) == pattern((1 << 20) - 70_512, from: 70_512))
    }

    /// What is left when a file system can neither zero a range nor punch a hole.
    @Test func writesZeroesTheHardWay() throws {
        let path = try files.disk(byteCount: 3 << 20)
        let disk = try RawDisk(path: path, readOnly: false)
        try disk.writeRealZeroes(at: 1000, count: (2 << 20) + 77)
        let end = 1000 + (2 << 20) + 77
        let bytes = try contents(path)
        #expect(bytes[1000..<end].allSatisfy { $0 == 0 })
        #expect(Array(bytes[..<1000]) == pattern(1000))
        #expect(Array(bytes[end...]) == pattern((3 << 20) - end, from: end))
    }

    // MARK: What a disk refuses

    @Test func neverGoesBeyondItsEnd() throws {
        let path = try files.disk(byteCount: 1024)
        let disk = try RawDisk(path: path, readOnly: false)
        let memory = TestMemory(pattern(1024))
        let operations: [BlockRequest.Operation] = [
            .write(offset: 512, from: memory.segments([513])),
            .write(offset: .max, from: memory.segments([1])),
            .read(offset: 1025, into: memory.segments([0])),
            .read(offset: 1 << 63, into: memory.segments([512])),
            .discard(offset: 512, count: .max), .writeZeroes(offset: 1024, count: 1),
        ]
        for operation in operations {
            #expect(throws: HostError.self) { try disk.perform(operation) }
        }
        #expect(try contents(path) == pattern(1024))
    }

    @Test func aReadOnlyDiskIsNeverWritten() throws {
        let path = try files.disk(byteCount: 1024)
        let disk = try RawDisk(path: path, readOnly: true)
        let memory = TestMemory([UInt8](repeating: 0, count: 512))
        let operations: [BlockRequest.Operation] = [
            .write(offset: 0, from: memory.segments([512])), .discard(offset: 0, count: 512),
            .writeZeroes(offset: 0, count: 512),
        ]
        for operation in operations {
            let error = #expect(throws: HostError.self) { try disk.perform(operation) }
            #expect(error?.code == HostError.Code.readOnlyFileSystem)
        }
        try disk.perform(.flush)
        #expect(try contents(path) == pattern(1024))
    }

    @Test func aFileThatShrinksIsAnError() throws {
        let path = try files.disk(byteCount: 4096)
        let disk = try RawDisk(path: path, readOnly: true)
        try File(opening: path, .readWrite).resize(to: 512)
        let memory = TestMemory([UInt8](repeating: 0, count: 1024))
        let error = #expect(throws: HostError.self) {
            try disk.perform(.read(offset: 0, into: memory.segments([1024])))
        }
        #expect(error?.code == HostError.Code.inputOutput)
        #expect("\(try #require(error))".contains("the file ends there"))
    }

    /// /dev/full says "no space" to every write: the same as a full file system.
    @Test func aFullHostIsAnError() throws {
        let full = try File(opening: "/dev/full", .readWrite)
        let disk = RawDisk(file: full, byteCount: 1 << 20, readOnly: false)
        let memory = TestMemory(pattern(512))
        let operations: [BlockRequest.Operation] = [.write(offset: 0, from: memory.segments([512]))]
        for operation in operations {
            let outcome = disk.outcome(of: operation)
            #expect(outcome.status == .ioError && outcome.cause?.code == HostError.Code.noSpace)
        }
        #expect(throws: HostError.self) { try disk.writeRealZeroes(at: 0, count: 512) }
    }

    // MARK: Images that can not be used

    private func refusal(_ path: String, readOnly: Bool = false) -> DiskError? {
        do {
            _ = try RawDisk(path: path, readOnly: readOnly)
            return nil
        } catch {
            return error
        }
    }

    @Test func missingFile() throws {
        let path = files.folder.path + "/none.raw"
        let error = try #require(refusal(path))
        #expect(error == .missing(path: path))
        #expect("\(error)".contains("check the path"))
    }

    @Test(arguments: [true, false]) func notAFile(readOnly: Bool) throws {
        #expect(refusal(files.folder.path, readOnly: readOnly)
            == .notAFile(path: files.folder.path, what: "a directory"))
        for path in ["/dev/null", "/dev/full"] {
            let error = try #require(refusal(path, readOnly: readOnly))
            #expect("\(error)".contains("neither a file nor a block device"))
        }
    }

    @Test(arguments: [1, 511, 513, 10_000]) func oddSizes(byteCount: Int) throws {
        let path = try files.disk(byteCount: byteCount)
        let error = try #require(refusal(path))
        #expect(error == .oddSize(path: path, byteCount: UInt64(byteCount)))
        #expect("\(error)".contains("truncate -s %512"))
    }

    @Test func emptyFile() throws {
        let path = try files.file("empty.raw", [])
        #expect(refusal(path) == .empty(path: path))
    }

    /// A file of the kernel that not even root can open for writing.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/sys/kernel/uevent_seqnum")))
    func fileThatCanNotBeWritten() throws {
        let path = "/sys/kernel/uevent_seqnum"
        #expect(refusal(path) == .notWritable(path: path))
        #expect("\(DiskError.notWritable(path: path))".contains("readOnly"))
    }

    // MARK: Locks

    @Test func oneWriterOrManyReaders() throws {
        let path = try files.disk()
        do {
            let writer = try RawDisk(path: path, readOnly: false)
            for readOnly in [true, false] {
                #expect(refusal(path, readOnly: readOnly) == .inUseHere(path: path))
            }
            withExtendedLifetime(writer) {}
        }
        let readers = try [RawDisk(path: path, readOnly: true), RawDisk(path: path, readOnly: true)]
        #expect(refusal(path) != nil)
        withExtendedLifetime(readers) {}
    }

    @Test func theLockGoesWithTheDisk() throws {
        let path = try files.disk()
        for _ in 0..<3 { _ = try RawDisk(path: path, readOnly: false) }
    }

    /// A lock of another program, made by util-linux's flock(1).
    @Test func aLockOfAnotherProcessIsNamed() throws {
        let path = try files.disk()
        let other = Process()
        other.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        other.arguments = ["--exclusive", "--no-fork", path, "/bin/sh", "-c", "echo locked; read line"]
        let output = Pipe()
        let input = Pipe()
        other.standardOutput = output
        other.standardInput = input
        try other.run()
        defer { other.waitUntilExit() }
        defer { input.fileHandleForWriting.closeFile() }
        #expect(output.fileHandleForReading.availableData == Data("locked\n".utf8))
        let error = try #require(refusal(path))
        #expect(error == .inUse(path: path, process: other.processIdentifier))
        #expect("\(error)".contains("used by another process (\(other.processIdentifier))"))
    }
}
