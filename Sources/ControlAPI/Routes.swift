// Which request does what: the whole API as one table.
import Foundation

/// A request, taken apart.
struct ControlRequest: Sendable {
    var method: String
    /// Without the query.
    var path: String
    var query: [String: String]
    var body: [UInt8]

    /// The body as a value.
    func decode<Value: Decodable>(_ type: Value.Type) throws(ControlFailure) -> Value {
        do {
            return try JSONDecoder().decode(type, from: body.isEmpty ? Data("{}".utf8) : Data(body))
        } catch {
            throw ControlFailure(400, "the body is not what this request takes: \(error)")
        }
    }

    /// A number in the query, decimal or hexadecimal with 0x.
    func number(_ name: String) throws(ControlFailure) -> UInt64? {
        guard let text = query[name] else { return nil }
        guard let number = UInt64(control: text) else {
            throw ControlFailure(400, "'\(text)' is no value for \(name): give a number, or 0x and hexadecimal digits")
        }
        return number
    }
}

/// Why a request is refused.
struct ControlFailure: Error {
    let status: Int
    let message: String

    init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }
}

extension UInt64 {
    /// A number as people write it in requests.
    public init?(control text: String) {
        let lower = text.lowercased()
        if lower.hasPrefix("0x") { self.init(lower.dropFirst(2), radix: 16) } else { self.init(lower) }
    }
}

/// One line of the table.
struct Route: Sendable {
    let method: String
    /// `{}` stands for one part of the path, which the handler gets.
    let pattern: String
    let handle: @Sendable (MachineControl, ControlRequest, String) throws -> any Encodable & Sendable

    init(
        _ method: String, _ pattern: String,
        _ handle: @escaping @Sendable (MachineControl, ControlRequest, String) throws -> any Encodable & Sendable
    ) {
        self.method = method
        self.pattern = pattern
        self.handle = handle
    }

    /// What stands for `{}` if the path is one of this route's; empty if there is none.
    func match(_ path: String) -> String? {
        guard let hole = pattern.range(of: "{}") else { return path == pattern ? "" : nil }
        let (front, back) = (pattern[..<hole.lowerBound], pattern[hole.upperBound...])
        guard path.hasPrefix(front), path.hasSuffix(back), path.count > front.count + back.count else { return nil }
        let part = path.dropFirst(front.count).dropLast(back.count)
        return part.contains("/") ? nil : String(part)
    }

    static let all: [Route] = [
        Route("GET", "/v1/status") { machine, _, _ in try machine.status() },
        Route("PUT", "/v1/state") { machine, request, _ in try machine.setState(request.decode(StateRequest.self)) },
        Route("POST", "/v1/reset") { machine, _, _ in try machine.reset() },
        Route("PUT", "/v1/engine") { machine, request, _ in try machine.setEngine(request.decode(EngineRequest.self)) },
        Route("GET", "/v1/snapshots") { machine, _, _ in try machine.snapshots() },
        Route("POST", "/v1/snapshots") { machine, request, _ in
            try machine.takeSnapshot(request.decode(SnapshotRequest.self))
        },
        Route("DELETE", "/v1/snapshots/{}") { machine, _, id in try machine.removeSnapshot(id) },
        Route("POST", "/v1/restore") { machine, request, _ in
            try machine.restore(request.decode(RestoreRequest.self))
        },
        Route("PUT", "/v1/recording") { machine, request, _ in try machine.record(request.decode(RecordRequest.self)) },
        Route("POST", "/v1/travel") { machine, request, _ in try machine.travel(request.decode(TravelRequest.self)) },
        Route("PUT", "/v1/bookmarks") { machine, request, _ in
            try machine.bookmark(request.decode(BookmarkRequest.self))
        },
        Route("POST", "/v1/verify") { machine, request, _ in try machine.verify(request.decode(VerifyRequest.self)) },
        Route("PUT", "/v1/trace") { machine, request, _ in try machine.startTrace(request.decode(TraceRequest.self)) },
        Route("DELETE", "/v1/trace") { machine, _, _ in try machine.endTrace() },
        Route("PUT", "/v1/debug") { machine, request, _ in try machine.debug(request.decode(DebugRequest.self)) },
        Route("DELETE", "/v1/debug") { machine, _, _ in machine.endDebugging() },
        Route("GET", "/v1/inspect/cpu") { machine, request, _ in try machine.inspectCPU(request) },
        Route("GET", "/v1/inspect/memory") { machine, request, _ in try machine.inspectMemory(request) },
        Route("GET", "/v1/inspect/pagetable") { machine, request, _ in try machine.inspectPageTable(request) },
        Route("GET", "/v1/inspect/tlb") { machine, request, _ in try machine.inspectTLB(request) },
        Route("GET", "/v1/inspect/devices") { machine, _, _ in try machine.inspectDevices() },
        Route("GET", "/v1/screen") { machine, _, _ in try machine.screen() },
        Route("POST", "/v1/keyboard") { machine, request, _ in try machine.typeText(request.decode(TypeRequest.self)) },
        Route("PUT", "/v1/registers") { machine, request, _ in
            try machine.setRegisters(request.decode(RegistersRequest.self))
        },
    ]

    /// Does what a request asks for.
    /// - Returns: the status of HTTP, and the body.
    static func answer(_ request: ControlRequest, _ machine: MachineControl) -> (status: Int, body: [UInt8]) {
        do {
            let matching = all.compactMap { route in route.match(request.path).map { (route, $0) } }
            guard let (route, part) = matching.first(where: { $0.0.method == request.method }) else {
                if matching.isEmpty {
                    throw ControlFailure(404, "there is no \(request.path): see Documentation/control-api.yaml")
                }
                let methods = matching.map(\.0.method).joined(separator: ", ")
                throw ControlFailure(405, "\(request.path) does not take \(request.method): use \(methods)")
            }
            return (200, try encode(route.handle(machine, request, part)))
        } catch let failure as ControlFailure {
            return (failure.status, failed(failure.message))
        } catch {
            return (409, failed("\(error)"))
        }
    }

    static func failed(_ message: String) -> [UInt8] { (try? encode(ErrorMessage(error: message))) ?? [] }

    private static func encode(_ value: any Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return [UInt8](try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }
}
