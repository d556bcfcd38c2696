// The figures that come out of the measurements, before they are written.
import Glibc

/// One line of the table.
struct Line: Codable {
    let name: String
    let kind: WorkloadClass
    let starling: Double
    let qemu: Double
    let native: Double?
    /// How many times faster than QEMU.
    var ratioToQEMU: Double { qemu / starling }
    /// How many times slower than the host itself.
    var timesNative: Double? { native.map { starling / $0 } }
}

/// All figures.
struct Report {
    let lines: [Line]
    let measurements: Measurements

    init(workloads: [Workload], measurements: Measurements) {
        self.measurements = measurements
        lines = workloads.compactMap { workload in
            guard let starling = measurements[.starling].best[workload.name]?.seconds,
                let qemu = measurements[.qemu].best[workload.name]?.seconds
            else { return nil }
            return Line(
                name: workload.name, kind: workload.kind, starling: starling, qemu: qemu,
                native: measurements[.native].best[workload.name]?.seconds)
        }
    }

    /// Of the ratios to QEMU; nil where no line is of that class.
    func mean(_ kind: WorkloadClass) -> Double? {
        geometricMean(lines.filter { $0.kind == kind }.map(\.ratioToQEMU))
    }

    /// Of the times of Starling in times of the host.
    func meanTimesNative(_ kind: WorkloadClass) -> Double? {
        geometricMean(lines.filter { $0.kind == kind }.compactMap(\.timesNative))
    }

    var worst: Line? { lines.min { $0.ratioToQEMU < $1.ratioToQEMU } }

    /// How many times faster Starling boots.
    var boot: Double? {
        guard let starling = measurements[.starling].boot, let qemu = measurements[.qemu].boot else {
            return nil
        }
        return qemu / starling
    }

    func speedUp(_ kind: MachineKind) -> Double? {
        guard let single = measurements[kind].best[HartScaling.single]?.seconds,
            let both = measurements[kind].best[HartScaling.both]?.seconds
        else { return nil }
        return HartScaling.speedUp(single: single, both: both)
    }

    /// The last line of the output.
    var summary: String {
        let worstText = worst.map { "\(decimal($0.ratioToQEMU)) (\($0.name))" } ?? "n/a"
        return "ratio to QEMU: integer \(decimal(mean(.integer))), floating point "
            + "\(decimal(mean(.floatingPoint))), worst \(worstText), boot \(decimal(boot))"
    }
}

/// nil of nothing.
func geometricMean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : exp(values.map { log($0) }.reduce(0, +) / Double(values.count))
}

/// Two decimals, `n/a` for nil.
func decimal(_ value: Double?, places: Int = 2) -> String {
    guard let value, value.isFinite else { return "n/a" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((abs(value) * scale).rounded())
    let fraction = String(scaled % Int(scale))
    let sign = value < 0 ? "-" : ""
    return "\(sign)\(scaled / Int(scale))." + String(repeating: "0", count: places - fraction.count)
        + fraction
}
