// The table for people.

/// Writes a report as text.
struct TableReport {
    let report: Report

    var text: String {
        var rows = [["workload", "class", "starling", "qemu", "native", "qemu/starling", "starling/native"]]
        rows += report.lines.map { line in
            [
                line.name, line.kind.rawValue, decimal(line.starling, places: 3),
                decimal(line.qemu, places: 3),
                decimal(line.native, places: 3), decimal(line.ratioToQEMU), decimal(line.timesNative),
            ]
        }
        for kind in WorkloadClass.allCases where report.mean(kind) != nil {
            rows.append(
                [
                    "geometric mean", kind.rawValue, "", "", "", decimal(report.mean(kind)),
                    decimal(report.meanTimesNative(kind)),
                ])
        }
        return (Self.aligned(rows) + [""] + figures + notes + [report.summary]).joined(separator: "\n")
    }

    /// Times in seconds, memory in MiB.
    private var figures: [String] {
        let starling = report.measurements[.starling]
        let qemu = report.measurements[.qemu]
        return [
            "boot to the first line of /init: starling \(decimal(starling.boot)) s, "
                + "qemu \(decimal(qemu.boot)) s",
            "two harts do the work of: starling \(decimal(report.speedUp(.starling))), "
                + "qemu \(decimal(report.speedUp(.qemu))), "
                + "the host itself \(decimal(report.speedUp(.native))) of one",
            "memory beyond guest RAM, after boot: starling \(mebibytes(starling.memory)) MiB, "
                + "qemu \(mebibytes(qemu.memory)) MiB",
        ]
    }

    private func mebibytes(_ memory: ProcessMemory?) -> String {
        decimal(memory.map { Double($0.otherBytes) / 1_048_576 }, places: 1)
    }

    private var notes: [String] {
        report.measurements.warnings.map { "note: the guest's clock is off: \($0)" }
            + report.measurements.differences.map { "DIFFERENT OUTPUT: \($0)" }
    }

    /// Columns of equal width; words to the left, numbers to the right.
    private static func aligned(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return column < 2 ? row[column] + space : space + row[column]
            }
            let text = cells.joined(separator: "  ")
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
    }
}
