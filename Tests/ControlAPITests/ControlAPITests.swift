// The control API of a running machine: curl, the client, nonsense, and the document.
import Foundation
import HostOS
import MachineCore
import Testing
import Yams

@testable import ControlAPI
@testable import Machine

/// A machine that counts for ever, with its API served while `body` runs on another thread.
private func withMachine(_ body: @escaping @Sendable (MachineBundle, ControlClient) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("api-\(UUID().uuidString).starling").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = FileManager.default.createFile(atPath: path + "/machine.yaml", contents: Data("kind: Machine\n".utf8))
    let bundle = try MachineBundle(opening: path)
    let program = BootFile(name: "program") { CountingProgram.bytes }
    var configuration = MachineConfiguration(name: "test", program: .bare(program))
    configuration.memoryByteCount = 16 << 20
    let machine = try Machine(configuration, log: { _ in }, consoleOutput: { _ in })
    let server = try ControlServer(socketPath: bundle.controlPath, MachineControl(bundle, machine.remote))
    let remote = machine.remote
    let failure = Failure()
    let user = Thread {
        do { try body(bundle, ControlClient(bundle)) } catch { failure.text = "\(error)" }
        remote.stop()
    }
    user.start()
    #expect(try machine.run() == .stopped)
    server.close()
    try machine.close()
    #expect(failure.text == nil)
    #expect(!FileManager.default.fileExists(atPath: bundle.controlPath))
}

private final class Failure: @unchecked Sendable {
    var text: String?
}

/// `addi s1, s1, 1; j -4` in a minimal ELF file with one segment at the start of RAM (ELF-64 Object File Format 1.5).
private enum CountingProgram {
    static let bytes: [UInt8] = {
        func little(_ value: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
        }
        let code = little(0x0014_8493, 4) + little(0xffdf_f06f, 4)
        let base: UInt64 = 0x8000_0000
        var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        file += little(2, 2) + little(243, 2) + little(1, 4) + little(base, 8) + little(64, 8) + little(0, 8)
        file += little(0, 4) + little(64, 2) + little(56, 2) + little(1, 2) + little(0, 6)
        file += little(1, 4) + little(5, 4) + little(120, 8) + little(base, 8) + little(base, 8)
        file += little(UInt64(code.count), 8) + little(UInt64(code.count), 8) + little(4, 8)
        return file + code
    }()
}

@Suite(.serialized) struct ControlAPITests {
    private static func curl(_ bundle: MachineBundle, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.currentDirectoryURL = URL(fileURLWithPath: bundle.path)
        let options = ["-s", "-m", "20", "--unix-socket", "control.sock", "-w", " %{http_code}"]
        process.arguments = ["curl"] + options + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    @Test func curlPausesInspectsAndSets() throws {
        try withMachine { bundle, _ in
            let url = "http://machine/v1"
            #expect(try Self.curl(bundle, [url + "/status"]).contains("\"state\":\"running\""))
            let paused = try Self.curl(bundle, ["-X", "PUT", "-d", "{\"state\":\"paused\"}", url + "/state"])
            #expect(paused.contains("\"state\":\"paused\"") && paused.hasSuffix(" 200"))
            let set = try Self.curl(
                bundle, ["-X", "PUT", "-d", "{\"cpu\":0,\"values\":{\"s1\":\"0x1234\"}}", url + "/registers"])
            #expect(set.contains("{\"name\":\"s1\",\"value\":\"0x1234\"}"))
            #expect(try Self.curl(bundle, [url + "/inspect/cpu"]).contains("addi s1,s1,1"))
            #expect(try Self.curl(bundle, [url + "/inspect/memory?address=0x80000000&count=4"]).contains("93841400"))
            #expect(try Self.curl(bundle, [url + "/nothing"]).hasSuffix(" 404"))
            #expect(try Self.curl(bundle, ["-X", "DELETE", url + "/status"]).hasSuffix(" 405"))
            #expect(try Self.curl(bundle, ["-X", "PUT", "-d", "{", url + "/state"]).hasSuffix(" 400"))
            #expect(try Self.curl(bundle, [url + "/inspect/cpu?cpu=9"]).hasSuffix(" 404"))
        }
    }

    @Test func theClientDoesTheSame() throws {
        try withMachine { _, client in
            let paused = try client.send("PUT", "/v1/state", StateRequest(state: "paused"), as: MachineStatus.self)
            #expect(paused.state == "paused" && paused.engine == "jit")
            let switched = try client.send(
                "PUT", "/v1/engine", EngineRequest(engine: "precise"), as: MachineStatus.self)
            #expect(switched.engine == "precise" && switched.instructions == paused.instructions)
            let info = try client.send("POST", "/v1/snapshots", SnapshotRequest(note: "n"), as: SnapshotInfo.self)
            #expect(info.id == "s1" && info.note == "n" && info.instructions == paused.instructions)
            _ = try client.send("PUT", "/v1/recording", RecordRequest(record: true), as: MachineStatus.self)
            _ = try client.send("PUT", "/v1/state", StateRequest(state: "running"), as: MachineStatus.self)
            Thread.sleep(forTimeInterval: 0.05)
            let back = try client.send(
                "POST", "/v1/travel", TravelRequest(instruction: paused.instructions + 5), as: MachineStatus.self)
            #expect(back.instructions == paused.instructions + 5 && back.state == "paused")
            let restored = try client.send(
                "POST", "/v1/restore", RestoreRequest(snapshot: "s1"), as: MachineStatus.self)
            #expect(restored.instructions == paused.instructions && restored.recording == nil)
            #expect(throws: ControlError.self) {
                try client.send("POST", "/v1/restore", RestoreRequest(snapshot: "s9"), as: MachineStatus.self)
            }
            #expect(throws: ControlError.self) {
                try client.send("PUT", "/v1/engine", EngineRequest(engine: "fast"), as: MachineStatus.self)
            }
        }
    }

    /// Whatever is sent, the machine goes on and answers the next one.
    @Test func nonsenseIsRefused() throws {
        try withMachine { bundle, client in
            var random = SystemRandomNumberGenerator()
            for round in 0..<100 {
                let socket = try StreamSocket.connect(to: bundle.controlPath)
                var bytes = (0..<Int.random(in: 1...4000, using: &random)).map { _ in UInt8.random(in: 0...255) }
                let head = "PUT /v1/state HTTP/1.1\r\nContent-Length: 9\r\n\r\n"
                if round % 2 == 0 { bytes = Array(head.utf8) + bytes }
                _ = socket.send(bytes[...])
            }
            let large = try Self.curl(
                bundle, ["-X", "PUT", "-d", String(repeating: " ", count: 100_000) + "{}", "http://m/v1/state"])
            #expect(large.hasSuffix(" 400"))
            #expect(try client.send("GET", "/v1/status", as: MachineStatus.self).state == "running")
        }
    }

    @Test func nobodyThere() throws {
        try withMachine { bundle, _ in
            let other = bundle.path + "/other.starling"
            try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
            _ = FileManager.default.createFile(atPath: other + "/machine.yaml", contents: Data())
            let client = ControlClient(try MachineBundle(opening: other))
            #expect(throws: ControlError.notRunning(name: "other")) {
                try client.send("GET", "/v1/status", as: MachineStatus.self)
            }
        }
    }

    /// The document and the table of routes name the same requests.
    @Test func theDocumentIsTrue() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = root.deletingLastPathComponent().appendingPathComponent("Documentation/control-api.yaml")
        let document = try #require(try Yams.load(yaml: String(contentsOf: file, encoding: .utf8)) as? [String: Any])
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        let documented = paths.flatMap { path, methods in
            methods.keys.filter { $0 != "parameters" }.map {
                "\($0.uppercased()) \(path.replacingOccurrences(of: "{snapshot}", with: "{}"))"
            }
        }
        #expect(documented.sorted() == Route.all.map { "\($0.method) \($0.pattern)" }.sorted())
    }
}
