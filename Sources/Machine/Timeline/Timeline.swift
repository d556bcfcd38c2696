// The recorded past of a machine: moments to go back to, and what came from outside since.
import HostOS
import MachineCore
import Storage

/// A recording. Every moment between its first keyframe and its end can be reached: the nearest keyframe before it is
/// brought back, and from there the machine runs again, with the same input at the same instructions.
final class Timeline {
    /// A moment that can be brought back at once.
    struct Keyframe {
        let state: MachineState
        fileprivate let takenInput: Int
        var instructions: UInt64 { state.instructionsExecuted }
    }

    /// Instructions between keyframes: about a tenth of a second to run again.
    private static let interval: UInt64 = 50_000_000
    /// The memory that a recording takes at most; the oldest moments are forgotten then.
    private static let maximumByteCount = 1 << 30

    private(set) var keyframes: [Keyframe] = []
    private var pages = PageUndoLog()
    var input = InputLog()
    /// Moments that were given a name, in instructions since power-on.
    var bookmarks: [String: UInt64] = [:]
    /// The latest moment that the machine has reached.
    private(set) var end: UInt64 = 0

    /// The first moment that can be reached.
    var beginning: UInt64 { keyframes.first?.instructions ?? 0 }
    /// The memory that the moments take, in bytes.
    private func byteCount(_ disks: MachineDisks) -> Int {
        pages.byteCount + disks.contents.reduce(0) { $0 + $1.undoByteCount }
    }

    /// Begins with the machine as it is now: no disk request may be in flight.
    init(_ machine: Machine) throws {
        keyframes = [Keyframe(state: try machine.savedState(), takenInput: 0)]
        end = machine.instructionsExecuted
        for disk in machine.disks.contents { disk.keepsOverwritten(true) }
        watch(machine)
    }

    /// Has everything that is written from now on kept.
    private func watch(_ machine: Machine) {
        let memory = machine.context.memory
        memory.dirtyLog.pageWillBeWritten = { [unowned self, unowned memory] page in pages.keep(page, of: memory) }
        memory.dirtyLog.clear(for: .timeline)
        for cpu in machine.board.cpus { cpu.forgetWritablePages() }
    }

    /// Ends the recording; the machine goes on.
    func finish(_ machine: Machine) {
        machine.context.memory.dirtyLog.pageWillBeWritten = nil
        for disk in machine.disks.contents { disk.keepsOverwritten(false) }
    }

    // MARK: Forward

    /// Notes how far the machine is, and keeps this moment if it is time for that.
    func advance(_ machine: Machine) throws {
        end = max(end, machine.instructionsExecuted)
        guard let last = keyframes.last, machine.instructionsExecuted >= last.instructions + Self.interval,
            machine.disks.requestsInFlight == 0
        else { return }
        keyframes.append(Keyframe(state: try machine.savedState(), takenInput: input.taken))
        pages.mark()
        for disk in machine.disks.contents { disk.mark() }
        watch(machine)
        while byteCount(machine.disks) > Self.maximumByteCount && keyframes.count > 2 {
            keyframes.removeFirst()
            pages.forgetOldestMark()
            for disk in machine.disks.contents { disk.forgetOldestMark() }
            bookmarks = bookmarks.filter { $0.value >= beginning }
        }
    }

    // MARK: Back

    /// The instructions at the latest keyframe that is at or before `instructions`; nil when that is forgotten.
    func keyframe(before instructions: UInt64) -> UInt64? {
        keyframes.last { $0.instructions <= instructions }?.instructions
    }

    /// Brings the machine back to the keyframe at `instructions`.
    func goBack(_ machine: Machine, to instructions: UInt64) throws {
        end = max(end, machine.instructionsExecuted)
        guard let index = keyframes.lastIndex(where: { $0.instructions == instructions }) else { return }
        let keyframe = keyframes[index]
        let memory = machine.context.memory
        try machine.replaceBoard(with: keyframe.state) {
            // What is written back here is no change of the future.
            memory.dirtyLog.pageWillBeWritten = nil
            pages.undo(to: index, in: memory)
            for disk in machine.disks.contents { try disk.undo(to: index) }
        }
        keyframes.removeSubrange((index + 1)...)
        input.goBack(to: keyframe.takenInput)
        watch(machine)
    }
}
