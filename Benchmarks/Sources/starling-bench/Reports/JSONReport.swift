// The report for programs.
import Foundation

/// Writes a report as one JSON value with sorted keys; times in seconds, memory in bytes.
struct JSONReport: Encodable {
    private struct Entry: Encodable {
        let line: Line

        enum Key: String, CodingKey {
            case name, `class`, starling, qemu, native, ratioToQEMU, timesNative
        }

        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: Key.self)
            try values.encode(line.name, forKey: .name)
            try values.encode(line.kind, forKey: .class)
            try values.encode(line.starling, forKey: .starling)
            try values.encode(line.qemu, forKey: .qemu)
            try values.encodeIfPresent(line.native, forKey: .native)
            try values.encode(line.ratioToQEMU, forKey: .ratioToQEMU)
            try values.encodeIfPresent(line.timesNative, forKey: .timesNative)
        }
    }

    private let workloads: [Entry]
    private let geometricMeans: [String: Double]
    private let bootSeconds: [String: Double]
    private let memory: [String: ProcessMemory]
    private let twoHartSpeedUp: [String: Double]
    private let warnings: [String]
    private let differences: [String]
    private let summary: String

    init(_ report: Report) {
        func perMachine<T>(_ value: (MachineKind) -> T?) -> [String: T] {
            Dictionary(
                uniqueKeysWithValues: MachineKind.allCases.compactMap { kind in
                    value(kind).map { (kind.rawValue, $0) }
                })
        }
        workloads = report.lines.map(Entry.init)
        geometricMeans = Dictionary(
            uniqueKeysWithValues: WorkloadClass.allCases.compactMap { kind in
                report.mean(kind).map { (kind.rawValue, $0) }
            })
        bootSeconds = perMachine { report.measurements[$0].boot }
        memory = perMachine { report.measurements[$0].memory }
        twoHartSpeedUp = perMachine { report.speedUp($0) }
        warnings = report.measurements.warnings
        differences = report.measurements.differences
        summary = report.summary
    }

    func text() throws(BenchError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else {
            throw BenchError("can not write the report as JSON")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
