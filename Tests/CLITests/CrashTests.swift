// The process of a machine is killed at random moments while snapshots are made.
import Foundation
import Testing

@Suite(.serialized) struct CrashTests {
    private static let kills = 200

    private struct Listed: Decodable {
        var id: String
        var isCurrent: Bool
    }

    /// Whatever was said to be made is there after `kill -9`, whole; what was not is there whole or not at all. The
    /// machine goes on from its last snapshot each time.
    @Test func twoHundredKills() throws {
        let home = try TestHome()
        let disk = try home.disk("d.raw")
        let program = try Programs.counting(home)
        let made = try starling(
            "create", "m", "--bare", program, "--memory", "16MiB", "--disk", disk, home: home)
        #expect(made.status == 0, "\(made.errors)")
        #expect(try starling("start", "m", home: home).status == 0)
        // A failed test must not leave a machine running.
        defer { _ = try? starling("rm", "--force", "m", home: home) }
        var acknowledged: [String] = []
        var interrupted = 0
        var microseconds = 0.0
        for round in 0..<Self.kills {
            let process = try #require(try machineProcess(home), "round \(round)")
            if round % 8 == 0 {
                let start = Date()
                acknowledged.append(try snapshot(home))
                microseconds = Date().timeIntervalSince(start) * 1e6
            }
            let pending = try StarlingProcess(["snapshot", "m", "--json"], home: home)
            // Multiples of the golden ratio are spread evenly over the time that a snapshot takes, and beyond.
            let fraction = (Double(round) * 0.618_033_988_75).truncatingRemainder(dividingBy: 1)
            usleep(UInt32(min(1.3 * fraction * microseconds, 900_000)))
            kill(process, SIGKILL)
            let result = pending.wait()
            if result.status == 0 {
                acknowledged.append(try JSONDecoder().decode(MadeSnapshot.self, from: Data(result.output.utf8)).id)
            } else {
                interrupted += 1
            }
            let listed = try list(home)
            #expect(Set(acknowledged).isSubset(of: listed.map(\.id)), "round \(round)")
            let last = try #require(listed.last, "round \(round)")
            for old in listed.dropLast(3).map(\.id) {
                #expect(try starling("snapshot", "rm", "m", old, home: home).status == 0)
                acknowledged.removeAll { $0 == old }
            }
            let restored = try starling("restore", "m@\(last.id)", home: home)
            try #require(restored.status == 0, "round \(round): \(restored.errors)")
            let left = temporaryFiles(home)
            #expect(left.isEmpty, "round \(round): \(left)")
            if round % 50 == 0 { try restoreAll(home) }
        }
        #expect(interrupted > 0)
        try restoreAll(home)
        #expect(try starling("stop", "m", home: home).status == 0)
        // Chains of images are merged before they have more than 16, each with two small files beside it.
        #expect(home.names(in: "machines/m.starling/overlays").count < 3 * 20)
    }

    /// Every snapshot that is listed is whole, and the machine can go on from it.
    private func restoreAll(_ home: TestHome) throws {
        let verified = try starling("snapshots", "m", "--verify", home: home)
        #expect(verified.status == 0, "\(verified.errors)")
        for id in try list(home).map(\.id) {
            let restored = try starling("restore", "m@\(id)", home: home)
            #expect(restored.status == 0, "\(id): \(restored.errors)")
        }
    }

    /// What killed processes have left anywhere in the machine's folder.
    private func temporaryFiles(_ home: TestHome) -> [String] {
        let files = FileManager.default.enumerator(atPath: home.path("machines/m.starling"))
        return (files?.allObjects as? [String] ?? []).filter { ($0 as NSString).lastPathComponent.hasPrefix(".") }
    }

    private struct MadeSnapshot: Decodable {
        var id: String
    }

    private func snapshot(_ home: TestHome) throws -> String {
        let result = try starling("snapshot", "m", "--json", home: home)
        #expect(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode(MadeSnapshot.self, from: Data(result.output.utf8)).id
    }

    private func list(_ home: TestHome) throws -> [Listed] {
        let result = try starling("snapshots", "m", "--json", home: home)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        return try JSONDecoder().decode([Listed].self, from: Data(result.output.utf8))
    }

    /// The process that runs the machine has written its number into the lock, as `starling ls` tells slower.
    private func machineProcess(_ home: TestHome) throws -> pid_t? {
        let lock = try String(contentsOfFile: home.path("machines/m.starling/lock"), encoding: .utf8)
        return pid_t(lock.prefix { $0.isNumber }).flatMap { $0 > 1 ? $0 : nil }
    }
}
