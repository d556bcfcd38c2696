// What `starling inspect` prints for people.
import ControlAPI
import Foundation

extension CPUInfo {
    /// Registers in three columns, and the code.
    var text: String {
        let cells = registers.map { register in
            register.name.padding(toLength: 11, withPad: " ", startingAt: 0)
                + register.value.padding(toLength: 19, withPad: " ", startingAt: 0)
        }
        let rows = stride(from: 0, to: cells.count, by: 3).map { cells[$0..<min($0 + 3, cells.count)].joined() }
        let instructions = code.map { "\($0.address)  \($0.text)" }
        return (["cpu \(cpu)"] + rows + [""] + instructions).joined(separator: "\n")
    }
}

extension MemoryInfo {
    /// Sixteen bytes a line.
    var text: String {
        guard let start = UInt64(control: address), !bytes.isEmpty else { return "no memory at \(address)" }
        let digits = Array(bytes)
        return stride(from: 0, to: digits.count, by: 32).map { offset in
            let line = digits[offset..<min(offset + 32, digits.count)]
            let pairs = stride(from: line.startIndex, to: line.endIndex, by: 2).map { String(line[$0...($0 + 1)]) }
            return "0x" + String(start + UInt64(offset / 2), radix: 16) + "  " + pairs.joined(separator: " ")
        }.joined(separator: "\n")
    }
}

extension PageTableInfo {
    /// The way down, and where it leads.
    var text: String {
        let lines = steps.map { "level \($0.level): entry \($0.entry) at \($0.entryAddress)" }
        return (lines + [physical.map { "\(address) -> \($0)" } ?? "\(address) is not mapped"]).joined(separator: "\n")
    }
}

extension TLBInfo {
    /// One line a page.
    var text: String {
        let lines = entries.map { "\($0.page) -> \($0.physical) \($0.accesses)" }
        return (lines + ["\(entries.count) pages"]).joined(separator: "\n")
    }
}

extension DevicesInfo {
    /// One line a part.
    var text: String {
        parts.map { "\($0.path.padding(toLength: 24, withPad: " ", startingAt: 0)) \($0.stateBytes) bytes of state" }
            .joined(separator: "\n")
    }
}
