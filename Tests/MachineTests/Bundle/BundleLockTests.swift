// One process at a time: checked against util-linux's flock(1) in another process.
import Foundation
import HostOS
import Testing

@testable import Machine

@Suite struct BundleLockTests {
    private let folder: TemporaryFolder
    private let bundle: MachineBundle

    init() throws {
        folder = try TemporaryFolder()
        bundle = try MachineBundle.create(at: folder("m.starling"), spec: MachineSpec(boot: .bare("p")))
    }

    @Test func ownLock() throws {
        #expect(bundle.runState == .stopped)
        do {
            let lock = try bundle.lock()
            #expect(bundle.runState == .running(process: HostProcess.current))
            #expect(throws: BundleError.running(name: "m", process: HostProcess.current)) { try bundle.lock() }
            #expect(throws: BundleError.running(name: "m", process: HostProcess.current)) { try bundle.remove() }
            #expect(Folder.exists(bundle.specPath))
            #expect(try folder.read("m.starling/lock") == Array("\(HostProcess.current)\n".utf8))
            lock.holdUntilHere()
        }
        #expect(bundle.runState == .stopped)
        try bundle.lock().holdUntilHere()
        #expect(bundle.runState == .stopped)
    }

    @Test func message() {
        #expect(
            "\(BundleError.running(name: "web", process: 42))"
                == "machine 'web' is running as process 42: attach with `starling console web`, "
                + "or stop it there with Ctrl-A x")
    }

    /// A process that holds the lock, as a running machine does, and one that was killed.
    @Test func anotherProcess() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        process.arguments = ["--no-fork", bundle.lockPath, "sh", "-c", "echo locked; exec cat"]
        let output = Pipe()
        let input = Pipe()
        process.standardOutput = output
        process.standardInput = input
        try process.run()
        defer { if process.isRunning { process.terminate() } }
        #expect(output.fileHandleForReading.availableData == Data("locked\n".utf8))

        let holder = process.processIdentifier
        #expect(bundle.runState == .running(process: holder))
        #expect(throws: BundleError.running(name: "m", process: holder)) { try bundle.lock() }
        #expect(throws: BundleError.running(name: "m", process: holder)) { try bundle.remove() }

        kill(holder, SIGKILL)
        process.waitUntilExit()
        #expect(bundle.runState == .stopped)
        try bundle.lock().holdUntilHere()
        try bundle.remove()
        #expect(!Folder.exists(bundle.path))
    }

    @Test func aReplacedLockFileIsNotTheLock() throws {
        let old = try File(creating: bundle.lockPath)
        #expect(try old.tryLock(.exclusive))
        #expect(old.isStillAtItsPath)
        try Folder.removeFile(bundle.lockPath)
        #expect(!old.isStillAtItsPath)
        let lock = try bundle.lock()
        #expect(bundle.runState == .running(process: HostProcess.current))
        #expect(!old.isStillAtItsPath)
        lock.holdUntilHere()
    }
}
