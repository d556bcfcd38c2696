// Which workloads run together in one boot, and how often.

/// Workloads that one run of a machine goes through.
struct Batch: Equatable {
    let title: String
    let items: [WorkItem]
    var harts = 1
    var machines: [MachineKind] = MachineKind.allCases
}

/// What a whole measurement does.
struct Plan {
    let workloads: [Workload]
    /// One round; between two batches the machine changes, so that all see the same moods of the host.
    let batches: [Batch]
    let rounds: Int
    /// No round begins that would end later than this many seconds after the start; nil for no limit.
    let budget: Double?

    init(_ options: Options) throws(BenchError) {
        let quick = options.quick
        let only = Set(options.only)
        let workloads = Workload.all.filter {
            only.isEmpty ? !quick || $0.quick != nil : only.contains($0.name)
        }
        let withHarts = only.isEmpty || only.contains(HartScaling.name)
        let groups =
            quick
            ? [("all", workloads)]
            : WorkloadClass.allCases.map { kind in
                (kind.rawValue, workloads.filter { $0.kind == kind })
            }
        var batches = groups.filter { !$0.1.isEmpty }.map { title, group in
            Batch(title: title, items: group.map { Self.item($0, quick: quick) })
        }
        if withHarts { batches += Self.hartBatches(quick: quick) }
        self.workloads = workloads
        self.batches = batches
        rounds = options.rounds ?? (quick ? 2 : 3)
        budget = quick && options.rounds == nil ? 55 : nil
    }

    private static func item(_ workload: Workload, quick: Bool) -> WorkItem {
        WorkItem(name: workload.name, amount: quick ? workload.quick ?? workload.full : workload.full)
    }

    /// The peer's scaling is told in full runs only. The host's own is the control: what it can not do on two
    /// of its cores, because others use them, no emulator can.
    private static func hartBatches(quick: Bool) -> [Batch] {
        let machines: [MachineKind] = quick ? [.starling, .native] : MachineKind.allCases
        let single = HartScaling.item(HartScaling.single, quick: quick)
        let both = HartScaling.item(HartScaling.both, quick: quick)
        return [
            Batch(title: "one hart", items: [single], machines: machines),
            Batch(title: "two harts", items: [both], harts: HartScaling.harts, machines: machines),
        ]
    }
}
