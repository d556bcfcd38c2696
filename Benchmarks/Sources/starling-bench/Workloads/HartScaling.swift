// The measure of two harts: the same program once on one hart, and twice on two.

/// One process on a machine of one hart and two processes, each with as much work, on two harts. Perfect
/// scaling takes the same time for both, a speed-up of 2.
enum HartScaling {
    static let name = "harts"
    static let harts = 2

    static let single = "harts-single"
    static let both = "harts-both"

    /// Lines for the guest's `sh`, as in `Workload.command`.
    static let commands = [single: "own core-mix $N", both: "own core-mix $N \(harts)"]

    static func item(_ name: String, quick: Bool) -> WorkItem {
        WorkItem(name: name, amount: quick ? 5000 : 15000)
    }

    /// How many times the work of one hart two harts do in the same time.
    static func speedUp(single: Double, both: Double) -> Double { Double(harts) * single / both }
}
