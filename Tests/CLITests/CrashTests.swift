// The process of a machine is killed at random moments while snapshots are made.
import Foundation
import Testing

@Suite(.serialized) struct CrashTests {
    private static let kills = 200

    private struct Listed: Decodable {
        var id: String
        var isCurrent: Bool
    }

    private struct Status: Decodable {
        var process: Int32?
        var state: String
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
        var random = SystemRandomNumberGenerator()
        var acknowledged: [String] = []
        var interrupted = 0
        for round in 0..<Self.kills {
            let process = try #require(try machineProcess(home), "round \(round)")
            if round % 4 == 0 { acknowledged.append(try snapshot(home)) }
            let pending = try StarlingProcess(["snapshot", "m", "--json"], home: home)
            usleep(UInt32.random(in: 0...45_000, using: &random))
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
            #expect(restored.status == 0, "round \(round): \(restored.errors)")
        }
        #expect(interrupted > 0 && interrupted < Self.kills)
        let verified = try starling("snapshots", "m", "--verify", home: home)
        #expect(verified.status == 0, "\(verified.errors)")
        #expect(try starling("stop", "m", home: home).status == 0)
        #expect(home.names(in: "machines/m.starling/snapshots").filter { $0.hasPrefix(".") }.isEmpty)
        // Chains of images are merged before they have more than 16, each with two small files beside it.
        #expect(home.names(in: "machines/m.starling/overlays").count < 3 * 20)
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

    private func machineProcess(_ home: TestHome) throws -> pid_t? {
        let result = try starling("ls", "--json", home: home)
        return try JSONDecoder().decode([Status].self, from: Data(result.output.utf8)).first?.process
    }
}
