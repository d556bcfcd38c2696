// The console's server and clients, over real sockets.
import Foundation
import HostOS
import Synchronization
import Testing

@testable import Machine

/// What a machine would have got.
private final class Inbox: Sendable {
    private let state = Mutex((input: [UInt8](), stops: 0))

    var input: [UInt8] { state.withLock { $0.input } }
    var stops: Int { state.withLock { $0.stops } }
    func take(_ bytes: [UInt8]) { state.withLock { $0.input += bytes } }
    func stop() { state.withLock { $0.stops += 1 } }
}

@Suite struct ConsoleServerTests {
    private let folder: TemporaryFolder
    private let inbox = Inbox()

    init() throws { folder = try TemporaryFolder() }

    private func serve(_ path: String? = nil) throws -> ConsoleServer {
        let inbox = inbox
        return try ConsoleServer(
            socketPath: path ?? folder("console.sock"), input: { inbox.take($0) }, stop: { inbox.stop() })
    }

    private func attach() throws -> ConsoleClient { try ConsoleClient(socketPath: folder("console.sock")) }

    /// Everything up to `count` bytes or the end.
    private func receive(_ count: Int, from client: ConsoleClient) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count, let more = try client.receive() { bytes += more }
        return bytes
    }

    /// Waits for what another thread does; the limit only ends a test that has failed.
    private func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<2000 {
            if try condition() { return true }
            HostProcess.sleep(milliseconds: 5)
        }
        return false
    }

    @Test func bothDirections() throws {
        let server = try serve()
        defer { server.close() }
        let client = try attach()
        server.send(Array("login: ".utf8))
        #expect(try receive(7, from: client) == Array("login: ".utf8))
        try client.send(Array("root\r".utf8))
        #expect(eventually { inbox.input == Array("root\r".utf8) })
        try client.requestStop()
        #expect(eventually { inbox.stops == 1 })
    }

    @Test func laterClientsGetTheLastOutput() throws {
        let server = try serve()
        defer { server.close() }
        let text = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) }
        server.send(text)
        let clients = try (0..<3).map { _ in try attach() }
        for client in clients { #expect(try receive(65_536, from: client) == text.suffix(65_536)) }
        server.send([1, 2, 3])
        for client in clients { #expect(try receive(3, from: client) == [1, 2, 3]) }
    }

    @Test func theLastOutputArrivesBeforeTheEnd() throws {
        let server = try serve()
        let client = try attach()
        server.send([1])
        #expect(try receive(1, from: client) == [1])
        let farewell = [UInt8](repeating: 0x2e, count: 300_000)
        server.send(farewell)
        let closing = Thread { server.close() }
        closing.start()
        #expect(try receive(.max, from: client) == farewell)
        #expect(try client.receive() == nil)
        #expect(eventually { !Folder.exists(folder("console.sock")) })
        server.close()
    }

    @Test func aSlowClientIsGivenUp() throws {
        let server = try serve()
        defer { server.close() }
        let slow = try attach()
        let quick = try attach()
        server.send([1])
        #expect(try receive(1, from: slow) == [1] && receive(1, from: quick) == [1])
        let chunk = [UInt8](repeating: 7, count: 10_000)
        for _ in 0..<500 {
            server.send(chunk)
            #expect(try receive(chunk.count, from: quick).count == chunk.count)
        }
        // The slow one gets what was under way, and then the end.
        let rest = try receive(.max, from: slow)
        #expect(rest.count < 500 * chunk.count)
        server.send([2])
        #expect(try receive(1, from: quick) == [2])
    }

    @Test func onlyTheOwnerMayConnect() throws {
        let server = try serve()
        defer { server.close() }
        var status = stat()
        #expect(lstat(folder("console.sock"), &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFSOCK)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func longPaths() throws {
        let deep = folder(String(repeating: "a", count: 200) + "/" + String(repeating: "b", count: 200))
        try Folder.makeAll(deep)
        let server = try serve(deep + "/console.sock")
        defer { server.close() }
        server.send([9])
        #expect(try receive(1, from: ConsoleClient(socketPath: deep + "/console.sock")) == [9])
        #expect(try Folder.names(in: deep) == ["console.sock"])
    }

    @Test func aStaleSocketIsReplaced() throws {
        do {
            // A process that is killed leaves the file and nobody behind it.
            _ = try StreamSocket.listen(at: folder("console.sock"))
        }
        #expect(Folder.exists(folder("console.sock")))
        #expect(throws: ConsoleError.nobodyListens(folder("console.sock"))) { try attach() }
        let server = try serve()
        defer { server.close() }
        server.send([4])
        #expect(try receive(1, from: attach()) == [4])
    }

    @Test func whatIsInUseIsNotReplaced() throws {
        let server = try serve()
        #expect(throws: ConsoleError.inUse(folder("console.sock"))) { try serve() }
        server.send([4])
        #expect(try receive(1, from: attach()) == [4])
        server.close()
        try folder.write("console.sock", [1])
        #expect(throws: ConsoleError.inUse(folder("console.sock"))) { try serve() }
        #expect(try folder.read("console.sock") == [1])
    }

    @Test func nobodyThere() {
        #expect(throws: ConsoleError.nobodyListens(folder("console.sock"))) { try attach() }
    }

    @Test func afterTheEnd() throws {
        let server = try serve()
        let client = try attach()
        server.send([1])
        #expect(try receive(1, from: client) == [1])
        server.close()
        #expect(try client.receive() == nil)
        #expect(throws: ConsoleError.disconnected) { try client.send([1]) }
        server.send([1])
    }

    /// Random bytes on the wire: whoever sent them is disconnected, nobody else notices.
    @Test func malformedFramesEndOnlyTheirClient() throws {
        let server = try serve()
        defer { server.close() }
        let witness = try attach()
        var random = TestRandom(state: 7)
        for round in 0..<200 {
            let socket = try StreamSocket.connect(to: folder("console.sock"))
            let count = Int.random(in: 0...600, using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            bytes += [0xff]
            if round % 2 == 0 { bytes.insert(contentsOf: [1, 0, 1, 0x41], at: 0) }
            if round % 3 == 0 { bytes = [2, 0, 1, 0] }
            _ = socket.send(bytes[...])
            if round % 5 == 0 { continue }
            if round % 3 == 0 { #expect(isEnded(socket)) }
            server.send([UInt8(round)])
            #expect(try receive(1, from: witness) == [UInt8(round)])
        }
    }

    private func isEnded(_ socket: StreamSocket) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        return eventually { socket.receive(into: &buffer) == .ended }
    }

    @Test func oneClientTooMany() throws {
        let server = try serve()
        defer { server.close() }
        server.send([1])
        let clients = try (0..<ConsoleService.maximumClients).map { _ in try attach() }
        for client in clients { #expect(try receive(1, from: client) == [1]) }
        #expect(try attach().receive() == nil)
        server.send([2])
        for client in clients { #expect(try receive(1, from: client) == [2]) }
    }

    /// Output from several threads while clients come and go.
    @Test func manyAtOnce() throws {
        let server = try serve()
        let workers = try (0..<3).map { _ in try WorkerThread() }
        for worker in workers {
            _ = worker.submit { for _ in 0..<3000 { server.send([0x61, 0x62, 0x63]) } }
        }
        for _ in 0..<50 {
            let client = try attach()
            try client.send([1])
            _ = try client.receive()
        }
        for worker in workers { worker.finish() }
        #expect(eventually { inbox.input.count == 50 })
        let last = try attach()
        #expect(try receive(27_000, from: last).count == 27_000)
        server.close()
    }
}
