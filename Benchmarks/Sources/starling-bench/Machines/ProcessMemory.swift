// How much memory a process has taken from the host.
import Glibc

/// The resident memory of an emulator, with the RAM of its guest apart.
struct ProcessMemory: Equatable, Codable {
    /// Resident bytes of the mapping that is the guest's RAM.
    var guestBytes = 0
    /// Resident bytes of everything else: program, tables, generated code, heap, stacks.
    var otherBytes = 0

    /// Reads /proc/PID/smaps (proc(5)).
    init(pid: Int32, guestMemoryBytes: Int) throws(BenchError) {
        let text = try Self.contents("/proc/\(pid)/smaps")
        try self.init(smaps: text, guestMemoryBytes: guestMemoryBytes)
    }

    /// Files in /proc say that they are empty, so they are read to their end.
    private static func contents(_ path: String) throws(BenchError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw BenchError("can not open \(path): \(lastError())") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &buffer, buffer.count)
            guard count >= 0 else { throw BenchError("can not read \(path): \(lastError())") }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer.prefix(count)
        }
    }

    /// The guest's RAM is the mapping without code that is at least as large and has most resident pages.
    /// Where the kernel has joined it with a neighbour, as much of the neighbour as there can be counts as
    /// resident. A file that is mapped twice, writable and executable, counts once.
    init(smaps: String, guestMemoryBytes: Int) throws(BenchError) {
        let mappings = Self.mappings(smaps)
        let candidates = mappings.filter { $0.byteCount >= guestMemoryBytes && !$0.isExecutable }
        guard let ram = candidates.max(by: { $0.residentBytes < $1.residentBytes }) else {
            throw BenchError("no mapping of the emulator is as large as the guest's RAM")
        }
        let joined = min(ram.byteCount - guestMemoryBytes, ram.residentBytes)
        guestBytes = ram.residentBytes - joined
        otherBytes = Self.total(mappings) - guestBytes
    }

    private struct Mapping {
        let byteCount: Int
        let isExecutable: Bool
        /// Which part of which file in memory it shows; nil for other mappings.
        let sharedPart: String?
        var residentBytes = 0
    }

    private static func total(_ mappings: [Mapping]) -> Int {
        var shared: [String: Int] = [:]
        var sum = 0
        for mapping in mappings {
            if let part = mapping.sharedPart {
                shared[part] = max(shared[part] ?? 0, mapping.residentBytes)
            } else {
                sum += mapping.residentBytes
            }
        }
        return sum + shared.values.reduce(0, +)
    }

    /// A header line `start-end rwxp offset device inode path`, then lines `Name: value kB`.
    private static func mappings(_ smaps: String) -> [Mapping] {
        var result: [Mapping] = []
        for line in smaps.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let first = words.first else { continue }
            if first == "Rss:", words.count > 1, let kilobytes = Int(words[1]), !result.isEmpty {
                result[result.count - 1].residentBytes = kilobytes << 10
            } else if !first.hasSuffix(":"), let mapping = header(words) {
                result.append(mapping)
            }
        }
        return result
    }

    private static func header(_ words: [Substring]) -> Mapping? {
        let ends = words[0].split(separator: "-").compactMap { Int($0, radix: 16) }
        guard ends.count == 2, words.count >= 5, ends[0] <= ends[1] else { return nil }
        let inMemory = words.count > 5 && words[5].hasPrefix("/memfd:")
        return Mapping(
            byteCount: ends[1] - ends[0], isExecutable: words[1].contains("x"),
            sharedPart: inMemory ? "\(words[2]) \(words[4]) \(ends[1] - ends[0])" : nil)
    }
}
