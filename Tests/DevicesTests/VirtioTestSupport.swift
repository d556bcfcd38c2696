// Back ends and small tools for the virtio tests.
import Devices
import MachineCore

/// Keeps the levels of interrupt wires, and counts how often one rose.
final class PCIWireRecorder: InterruptSink {
    private(set) var levels: [Int: Bool] = [:]
    private(set) var riseCount = 0

    func setInput(_ input: Int, to level: Bool) {
        if level, levels[input] != true { riseCount += 1 }
        levels[input] = level
    }

    func isHigh(_ input: Int) -> Bool { levels[input] ?? false }
}

/// Collects the machine's log.
final class VirtioLogRecorder {
    private(set) var lines: [String] = []
    func append(_ line: String) { lines.append(line) }
}

/// A disk in an array whose requests wait until the test completes them.
final class ManualBlockBackend: BlockBackend {
    var data: [UInt8]
    var isReadOnly = false
    var byteCount: UInt64 { UInt64(data.count) }
    private(set) var pending: [(request: BlockRequest, completion: (BlockStatus) -> Void)] = []
    /// What was asked for, in order: for instance `read 512+1024`.
    private(set) var history: [String] = []
    /// Outcome of the next requests instead of success.
    var failure: BlockStatus?

    init(byteCount: Int) {
        data = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 / 512 &* 7 &+ $0 % 512) }
    }

    func submit(_ request: BlockRequest, completion: @escaping (BlockStatus) -> Void) {
        history.append(Self.name(request.operation))
        pending.append((request, completion))
    }

    /// Completes the pending request at `index`.
    func complete(_ index: Int = 0) {
        let (request, completion) = pending.remove(at: index)
        if let failure {
            completion(failure)
        } else {
            perform(request.operation)
            completion(.success)
        }
    }

    /// Completes everything, including what completions start anew.
    func completeAll() { while !pending.isEmpty { complete() } }

    private func perform(_ operation: BlockRequest.Operation) {
        switch operation {
        case .read(var offset, let segments):
            for segment in segments {
                for index in 0..<segment.count {
                    let byte = data[Int(offset) + index]
                    segment.pointer.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
                }
                offset += UInt64(segment.count)
            }
        case .write(var offset, let segments):
            for segment in segments {
                for index in 0..<segment.count {
                    data[Int(offset) + index] = segment.pointer.load(fromByteOffset: index, as: UInt8.self)
                }
                offset += UInt64(segment.count)
            }
        case .writeZeroes(let offset, let count), .discard(let offset, let count):
            for index in 0..<count { data[Int(offset + index)] = 0 }
        case .flush:
            break
        }
    }

    private static func name(_ operation: BlockRequest.Operation) -> String {
        switch operation {
        case .read(let offset, let segments): "read \(offset)+\(segments.reduce(0) { $0 + $1.count })"
        case .write(let offset, let segments): "write \(offset)+\(segments.reduce(0) { $0 + $1.count })"
        case .flush: "flush"
        case .discard(let offset, let count): "discard \(offset)+\(count)"
        case .writeZeroes(let offset, let count): "zero \(offset)+\(count)"
        }
    }
}

/// Bytes that count up: 1, 2, 3 ...
final class CountingEntropySource: EntropySource {
    private var next: UInt8 = 0
    private(set) var largestRequest = 0

    func bytes(_ count: Int) -> [UInt8] {
        largestRequest = max(largestRequest, count)
        return (0..<count).map { _ in
            next &+= 1
            return next
        }
    }
}

/// A small generator with a seed (xorshift64*).
struct VirtioRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }

    /// True once in `count` times.
    mutating func oneIn(_ count: UInt64) -> Bool { next() % count == 0 }
}
