// The best of all rounds, and what was odd.

/// What is known of one machine.
struct MachineMeasurements {
    /// Shortest boot, in seconds.
    var boot: Double?
    /// At the shortest boot.
    var memory: ProcessMemory?
    /// The best sample of each workload.
    var best: [String: Sample] = [:]

    mutating func add(_ result: SessionResult, harts: Int) {
        for (name, sample) in result.samples where sample.seconds < best[name]?.seconds ?? .infinity {
            best[name] = sample
        }
        guard harts == 1, let seconds = result.bootSeconds, seconds < boot ?? .infinity else { return }
        boot = seconds
        memory = result.memory
    }
}

/// What is known of all machines.
struct Measurements {
    private(set) var machines: [MachineKind: MachineMeasurements] = [:]
    /// Outputs that should be the same and are not: the run fails.
    private(set) var differences: [String] = []
    /// Clocks of guests that do not agree with the host's.
    private(set) var warnings: [String] = []
    private var sums: [String: (MachineKind, String)] = [:]

    subscript(kind: MachineKind) -> MachineMeasurements { machines[kind] ?? MachineMeasurements() }

    mutating func add(_ result: SessionResult, of kind: MachineKind, harts: Int, workloads: [Workload]) {
        machines[kind, default: MachineMeasurements()].add(result, harts: harts)
        let free = Set(workloads.filter { !$0.sameOnHost }.map(\.name))
        for (name, sample) in result.samples.sorted(by: { $0.key < $1.key }) {
            compareClocks(name, sample, kind)
            if kind == .native && free.contains(name) { continue }
            compareSums(name, sample.sum, kind)
        }
    }

    private mutating func compareSums(_ name: String, _ sum: String, _ kind: MachineKind) {
        guard let (other, expected) = sums[name] else {
            sums[name] = (kind, sum)
            return
        }
        guard sum != expected else { return }
        note(
            "\(name): \(kind.rawValue) printed \(sum), \(other.rawValue) printed \(expected)",
            in: &differences)
    }

    /// A guest's clock may lie, which is why the host's counts; but then it should be known.
    private mutating func compareClocks(_ name: String, _ sample: Sample, _ kind: MachineKind) {
        let difference = abs(sample.guestSeconds - sample.seconds)
        guard difference > 0.05 + sample.seconds * 0.05 else { return }
        note(
            "\(name): \(kind.rawValue)'s clock says \(decimal(sample.guestSeconds)) s, the host's "
                + "\(decimal(sample.seconds)) s", in: &warnings)
    }

    private func note(_ text: String, in list: inout [String]) {
        if !list.contains(text) { list.append(text) }
    }
}
