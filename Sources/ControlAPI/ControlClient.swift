// The client of the control API, for the command line.
import Foundation
import HostOS
import Machine

/// Why a request to a machine failed.
public enum ControlError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nobody answers for this machine.
    case notRunning(name: String)
    /// The machine refused, with cause and next step.
    case refused(String)
    /// What answers does not speak the protocol.
    case protocolError

    public var description: String {
        switch self {
        case .notRunning(let name):
            "machine '\(name)' does not run: start it with 'starling start \(name)'"
        case .refused(let message): message
        case .protocolError:
            "what answers is not the control API of a machine: check that both sides are of one version"
        }
    }
}

/// Sends requests to a running machine, and waits for the answers.
public struct ControlClient: Sendable {
    private let bundle: MachineBundle
    private static let maximumAnswer = 64 << 20

    /// The machine of `bundle`.
    public init(_ bundle: MachineBundle) { self.bundle = bundle }

    /// Sends a request without a body.
    public func send<Answer: Decodable>(_ method: String, _ path: String, as type: Answer.Type) throws -> Answer {
        try send(method, path, body: [], as: type)
    }

    /// Sends a request with a body.
    public func send<Answer: Decodable>(
        _ method: String, _ path: String, _ value: some Encodable, as type: Answer.Type
    ) throws -> Answer {
        try send(method, path, body: [UInt8](try JSONEncoder().encode(value)), as: type)
    }

    private func send<Answer: Decodable>(
        _ method: String, _ path: String, body: [UInt8], as type: Answer.Type
    ) throws -> Answer {
        let socket: StreamSocket
        do throws(HostError) {
            socket = try StreamSocket.connect(to: bundle.controlPath)
        } catch {
            let isAbsent = error.code == HostError.Code.noSuchFile || error.code == HostError.Code.connectionRefused
            throw isAbsent ? ControlError.notRunning(name: bundle.name) : error
        }
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: machine\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.count)\r\n\r\n"
        try transmit(Array(head.utf8) + body, on: socket)
        let (status, answer) = try parse(try receive(on: socket))
        if status == 200 {
            guard let value = try? JSONDecoder().decode(type, from: Data(answer)) else {
                throw ControlError.protocolError
            }
            return value
        }
        let message = try? JSONDecoder().decode(ErrorMessage.self, from: Data(answer))
        throw message.map { ControlError.refused($0.error) } ?? ControlError.protocolError
    }

    private func transmit(_ bytes: [UInt8], on socket: StreamSocket) throws(ControlError) {
        var sent = 0
        while sent < bytes.count {
            switch socket.send(bytes[sent...]) {
            case .moved(let count): sent += count
            case .wouldBlock: _ = HostPoll.wait(PollItem(socket, input: false, output: true), milliseconds: 1000)
            case .ended: throw .notRunning(name: bundle.name)
            }
        }
    }

    private func receive(on socket: StreamSocket) throws(ControlError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < Self.maximumAnswer {
            switch socket.receive(into: &buffer) {
            case .moved(let count): bytes += buffer[..<count]
            case .wouldBlock: _ = HostPoll.wait(PollItem(socket), milliseconds: 1000)
            case .ended: return bytes
            }
        }
        throw .protocolError
    }

    /// Takes the status and the body out of an answer that ended with the connection.
    private func parse(_ bytes: [UInt8]) throws(ControlError) -> (Int, ArraySlice<UInt8>) {
        let blank = Array("\r\n\r\n".utf8)
        guard let end = bytes.indices.dropLast(3).first(where: { Array(bytes[$0..<($0 + 4)]) == blank }),
            let line = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n").first
        else { throw bytes.isEmpty ? .notRunning(name: bundle.name) : .protocolError }
        let words = line.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw .protocolError
        }
        return (status, bytes[(end + 4)...])
    }
}
