// The figures and the last line.
import Testing

@testable import starling_bench

private func session(_ times: [String: Double], boot: Double? = nil, sum: String = "s") -> SessionResult {
    var result = SessionResult()
    result.bootSeconds = boot
    for (name, seconds) in times {
        result.samples[name] = Sample(seconds: seconds, guestSeconds: seconds, sum: sum)
    }
    return result
}

private let workloads = [
    Workload("a", .integer, full: 1, ""), Workload("b", .integer, full: 1, ""),
    Workload("f", .floatingPoint, full: 1, sameOnHost: false, ""), Workload("s", .system, full: 1, ""),
]

private func measure(_ results: [(SessionResult, MachineKind)], harts: Int = 1) -> Measurements {
    var measurements = Measurements()
    for (result, kind) in results { measurements.add(result, of: kind, harts: harts, workloads: workloads) }
    return measurements
}

@Suite struct ReportTests {
    private let report = Report(
        workloads: workloads,
        measurements: measure([
            (session(["a": 9, "b": 1, "f": 1, "s": 2], boot: 9), .starling),
            (session(["a": 1, "b": 1, "f": 1, "s": 2], boot: 2), .starling),
            (session(["a": 2, "b": 8, "f": 5.5, "s": 1.5], boot: 5), .qemu),
            (session(["a": 0.5, "f": 0.1]), .native),
        ]))

    @Test func lastLine() {
        #expect(
            report.summary == "ratio to QEMU: integer 4.00, floating point 5.50, worst 0.75 (s), boot 2.50")
        #expect(TableReport(report: report).text.hasSuffix(report.summary))
    }

    @Test func withoutMeasurementsThereAreNoFigures() {
        let empty = Report(workloads: workloads, measurements: Measurements())
        #expect(empty.summary == "ratio to QEMU: integer n/a, floating point n/a, worst n/a, boot n/a")
    }

    @Test func nativeColumn() {
        #expect(report.lines.map(\.timesNative) == [2, nil, 10, nil])
    }

    @Test func aDifferentOutputIsFound() {
        let same = measure([(session(["a": 1]), .starling), (session(["a": 1]), .qemu)])
        #expect(same.differences.isEmpty)
        let other = measure([(session(["a": 1]), .starling), (session(["a": 1], sum: "t"), .qemu)])
        #expect(other.differences == ["a: qemu printed t, starling printed s"])
        let native = measure([
            (session(["a": 1, "f": 1]), .starling), (session(["a": 1, "f": 1], sum: "t"), .native),
        ])
        #expect(native.differences == ["a: native printed t, starling printed s"])
    }

    @Test func aLyingClockIsNoted() {
        var result = session(["a": 1])
        result.samples["a"]?.guestSeconds = 0.5
        #expect(measure([(result, .starling)]).warnings.count == 1)
    }

    @Test func twoHarts() {
        var measurements = measure([(session([HartScaling.single: 3], boot: 1), .starling)])
        measurements.add(
            session([HartScaling.both: 4], boot: 0.5), of: .starling, harts: 2, workloads: workloads)
        #expect(Report(workloads: workloads, measurements: measurements).speedUp(.starling) == 1.5)
        // The boot that counts is one with one hart.
        #expect(measurements[.starling].boot == 1)
    }

    @Test func decimals() {
        #expect(
            decimal(1.005) == "1.00" && decimal(0.096) == "0.10" && decimal(12.3456, places: 3) == "12.346")
        #expect(decimal(nil) == "n/a" && decimal(.infinity) == "n/a" && decimal(-0.5) == "-0.50")
    }

    @Test func jsonHasTheSameFigures() throws {
        let text = try JSONReport(report).text()
        #expect(text.contains("\"integer\" : 4") && text.contains("\"summary\" : \"\(report.summary)\""))
    }
}
