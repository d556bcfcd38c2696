// Runs a plan: rounds, batches, machines.

/// Goes through a plan and collects what comes out.
struct Campaign {
    let plan: Plan
    let machines: [Machine]
    let options: Options

    func run() throws(BenchError) -> Measurements {
        var measurements = Measurements()
        let start = monotonicSeconds()
        for round in 1...plan.rounds {
            let begin = monotonicSeconds()
            for batch in plan.batches {
                // Whoever comes first meets a cooler host; every round another one does.
                let order = round % 2 == 1 ? machines : machines.reversed()
                for machine in order where batch.machines.contains(machine.kind) {
                    Progress.say("round \(round) of \(plan.rounds): \(batch.title), \(machine.kind.rawValue)")
                    let result = try Session(machine: machine, options: options).run(
                        batch.items, harts: batch.harts)
                    measurements.add(result, of: machine.kind, harts: batch.harts, workloads: plan.workloads)
                }
            }
            let now = monotonicSeconds()
            if let budget = plan.budget, round < plan.rounds, now - start + (now - begin) > budget {
                Progress.say("no time for another round")
                break
            }
        }
        return measurements
    }
}
