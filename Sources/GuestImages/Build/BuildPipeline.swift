// Runs the steps of a build that are not finished yet.
import Foundation

/// Runs steps in order. A finished step is marked by a stamp with the checksums of what went in and
/// what came out, so that a build that was killed goes on after its last finished step.
struct BuildPipeline {
    let steps: [any BuildStep]
    /// How many steps the caller does after these, for the progress.
    var laterStepCount = 0

    /// Makes the results of all steps; `progress` hears of each.
    /// - Throws: what a step throws; steps before it stay finished.
    func run(_ context: BuildContext, progress: @escaping (BuildProgress) -> Void) throws {
        try HostFiles.makeFolder(context.work)
        var previous = ""
        var isChecked = false
        for (index, step) in steps.enumerated() {
            var current = context
            current.report = { detail, fraction in
                progress(
                    BuildProgress(
                        step: index + 1, stepCount: steps.count + laterStepCount, name: step.name,
                        detail: detail, fraction: fraction))
            }
            let inputs = ["revision \(ImageBuilder.revision)"] + (try step.inputs(current)) + [previous]
            current.report(nil, nil)
            if let stamp = finishedStamp(of: step, inputs: inputs, current) {
                previous = stamp.outputs
                continue
            }
            if !isChecked {
                try checkSpace(for: steps[index...], current)
                isChecked = true
            }
            previous = try perform(step, inputs: inputs, current)
        }
    }

    private func perform(_ step: any BuildStep, inputs: [String], _ context: BuildContext) throws -> String {
        let folder = context.folder(of: step.name)
        let partial = context.folder(of: "\(step.name).partial-\(getpid())")
        do {
            try HostFiles.remove(stampFile(of: step, context))
            try removeLeftovers(of: step, context)
            try HostFiles.makeFolder(partial)
            try step.run(context, into: partial)
            try HostFiles.rename(partial, to: folder)
            let outputs = try FolderDigest.digest(of: folder)
            let stamp = StepStamp(inputs: inputs, outputs: outputs)
            try HostFiles.write(try JSONEncoder().encode(stamp), to: stampFile(of: step, context))
            return outputs
        } catch {
            // What the step left is of no use, and it takes the space that a full disk lacks.
            try? HostFiles.remove(partial)
            throw explain(HostFiles.failure(context.work.path, error), step, context)
        }
    }

    /// Gives a full disk the numbers that the failing place did not know.
    private func explain(_ error: ImageError, _ step: any BuildStep, _ context: BuildContext) -> ImageError {
        guard case .noSpace(_, nil, nil) = error else { return error }
        let folder = context.store.root
        return .noSpace(path: folder.path, needed: step.spaceNeeded, free: context.host.freeByteCount(folder))
    }

    private func finishedStamp(
        of step: any BuildStep, inputs: [String], _ context: BuildContext
    ) -> StepStamp? {
        guard let data = try? Data(contentsOf: stampFile(of: step, context)),
            let stamp = try? JSONDecoder().decode(StepStamp.self, from: data), stamp.inputs == inputs,
            let outputs = try? FolderDigest.digest(of: context.folder(of: step.name)),
            outputs == stamp.outputs,
            step.isIntact(context)
        else { return nil }
        return stamp
    }

    private func checkSpace(for steps: ArraySlice<any BuildStep>, _ context: BuildContext) throws {
        let needed = steps.reduce(UInt64(0)) { $0 &+ $1.spaceNeeded }
        guard let free = context.host.freeByteCount(context.work), free < needed else { return }
        throw ImageError.noSpace(path: context.store.root.path, needed: needed, free: free)
    }

    /// Removes what earlier runs of the step left, those of killed builders included.
    private func removeLeftovers(of step: any BuildStep, _ context: BuildContext) throws {
        for name in try HostFiles.names(in: context.work)
        where name == step.name || name.hasPrefix("\(step.name).partial-") {
            try HostFiles.remove(context.work.appendingPathComponent(name))
        }
    }

    private func stampFile(of step: any BuildStep, _ context: BuildContext) -> URL {
        context.work.appendingPathComponent("\(step.name).stamp")
    }
}
