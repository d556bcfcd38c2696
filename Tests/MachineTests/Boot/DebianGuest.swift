// A Debian guest for tests: the image that `make` builds, with a disk of the test's own.
import Foundation
import GuestImages
import Machine
import MachineCore
import Synchronization
import VirtRISCV

/// The guest image, and a private copy of its disk for as long as the object lives.
final class DebianGuest {
    let image: Image
    private let folder: URL

    /// The image for each board.
    private static func name(_ board: BoardModel) -> String {
        switch board {
        case .virtRISCV: "debian-trixie-riscv64"
        case .pc: "debian-bookworm-amd64"
        }
    }

    init(_ board: BoardModel = .virtRISCV) throws {
        let home = try MachineHome()
        do {
            image = try ImageStore(root: URL(fileURLWithPath: home.path)).image(named: Self.name(board))
        } catch {
            throw GuestMissing(reason: "\(error): run `make images` first")
        }
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("starling-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    struct GuestMissing: Error { let reason: String }

    /// A sparse copy of the image's root disk.
    func makeDisk() throws -> String {
        let path = folder.appendingPathComponent("root-\(UUID().uuidString).ext4").path
        let copy = Process()
        copy.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        copy.arguments = ["cp", "--sparse=always", image.disk.path, path]
        try copy.run()
        copy.waitUntilExit()
        return path
    }

    /// The image's kernel with its own command line and `more`.
    func linux(_ more: String = "") -> LinuxProgram {
        LinuxProgram(
            kernel: bootFile(image.kernel.path), initialRAMDisk: bootFile(image.initrd.path),
            commandLine: "\(image.manifest.kernelCommandLine) \(more)")
    }

    func bootFile(_ path: String) -> BootFile {
        BootFile(name: path) { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
    }

    /// The argument with which the guest runs `command` instead of a shell.
    static func argument(toRun command: String) -> String {
        let base64 = Data(command.utf8).base64EncodedString()
        let safe = base64.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }.filter { $0 != "=" }
        return "starling.command=\(String(safe))"
    }
}

/// Collects what a guest prints.
final class ConsoleLog: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    func append(_ more: [UInt8]) { bytes.withLock { $0 += more } }

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
}
