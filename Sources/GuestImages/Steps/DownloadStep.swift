// Step "download": the packages of the recipe.
import Foundation

/// Resolves the recipe's packages, downloads them and checks them against the signed index.
struct DownloadStep: BuildStep {
    static let name = "download"
    var name: String { Self.name }
    let spaceNeeded: UInt64 = 180 << 20

    /// What was downloaded.
    struct Plan: Codable {
        /// The packages of the root file system, and of it only.
        var rootPackages: [PlannedPackage]
        /// The package with the kernel and its modules.
        var kernel: PlannedPackage

        var all: [PlannedPackage] { rootPackages + [kernel] }
    }

    static let planFile = "plan.json"

    /// Reads the plan that this step left.
    static func plan(_ context: BuildContext) throws -> Plan {
        let url = context.folder(of: name).appendingPathComponent(planFile)
        return try HostFiles.translating(url.path) {
            try JSONDecoder().decode(Plan.self, from: Data(contentsOf: url))
        }
    }

    func run(_ context: BuildContext, into folder: URL) throws {
        let apt = UpdateStep.apt(context)
        try apt.prepare()
        let wanted = context.recipe.packages + [context.recipe.kernelPackage]
        let root = try apt.plan(context.recipe.packages).sorted { $0.name < $1.name }
        let plan = Plan(rootPackages: root, kernel: try kernel(in: try apt.plan(wanted), context.recipe))
        let total = plan.all.reduce(UInt64(0)) { $0 &+ $1.byteCount }
        let detail = "\(plan.all.count) packages, \(total >> 20) MiB"
        // A file damaged on the disk is found by its checksum and fetched again, once.
        for attempt in 0..<2 {
            do {
                try fetch(wanted, apt, context, detail)
            } catch {
                // Packages vanish from mirrors when newer ones come: the next run asks again.
                try? HostFiles.remove(context.work.appendingPathComponent("\(UpdateStep.name).stamp"))
                throw error
            }
            let bad = try Self.damaged(plan, context)
            guard let first = bad.first else { break }
            guard attempt == 0 else { throw ImageError.badDownload(file: first) }
            for file in bad { try HostFiles.remove(context.store.downloads.appendingPathComponent(file)) }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try HostFiles.write(try encoder.encode(plan), to: folder.appendingPathComponent(Self.planFile))
    }

    private func fetch(_ wanted: [String], _ apt: PrivateApt, _ context: BuildContext, _ detail: String)
        throws
    {
        context.report(detail, 0)
        try apt.download(wanted, into: context.store.downloads) { context.report(detail, $0) }
    }

    func isIntact(_ context: BuildContext) -> Bool {
        guard let plan = try? Self.plan(context) else { return false }
        return (try? Self.damaged(plan, context))?.isEmpty == true
    }

    /// The files that are missing or are not what the index says.
    private static func damaged(_ plan: Plan, _ context: BuildContext) throws -> [String] {
        let urls = plan.all.map { context.store.downloads.appendingPathComponent($0.file) }
        let pairs = Array(zip(plan.all, urls))
        let wrongSize = pairs.filter { HostFiles.byteCount(of: $1) != $0.byteCount }
        guard wrongSize.isEmpty else { return wrongSize.map(\.0.file) }
        let digests = try FileDigest.sha256(of: urls)
        return zip(plan.all, digests).filter { $0.sha256 != $1 }.map(\.0.file)
    }

    /// The kernel package that the recipe's meta package leads to.
    private func kernel(in plan: [PlannedPackage], _ recipe: ImageRecipe) throws -> PlannedPackage {
        let prefix = "linux-image-"
        let found = plan.first { $0.name.hasPrefix(prefix) && $0.name != recipe.kernelPackage }
        guard let found else {
            throw ImageError.unexpectedPackage(
                package: recipe.kernelPackage, reason: "it leads to no package '\(prefix)<release>'")
        }
        return found
    }
}
