// A VGA with the Bochs VBE extension: the registers and video memory as a guest sees them.
import MachineCore

/// The display adapter of a PC: a VGA, and the Bochs VBE interface for larger screens.
///
/// Video memory is four planes interleaved byte by byte: byte `a` of plane `p` is
/// byte `4 * a + p`. So in the modes with one byte for each address ("chain 4") and in VBE modes the
/// address in video memory is that of the pixel, which makes it a linear frame buffer. Where IBM's VGA left
/// gaps in its planes in chain 4, this one, like all later adapters, has none.
///
/// The adapter draws nothing while the guest runs: a picture is made from registers and video memory
/// when someone looks (`picture()`).
///
/// Sources: IBM, "PS/2 Hardware Interface Technical Reference, Common Interfaces" (1990), section "Video
/// Subsystem", for the registers; FreeVGA project documentation for what hardware does beyond it; Bochs for
/// VBE.
public final class VGA: Snapshotting {
    /// The live things that the adapter works with.
    public struct Resources {
        /// Virtual time.
        public let clock: VirtualClock
        /// See `VGA.isPossible(videoMemoryByteCount:)`.
        public let videoMemory: VideoMemory
        /// Called when addresses from 0xa0000 on mean other memory than before, or no memory any more:
        /// see `directMemory(at:)`.
        public let windowChanged: () -> Void

        /// Collects the resources.
        public init(clock: VirtualClock, videoMemory: VideoMemory, windowChanged: @escaping () -> Void = {}) {
            self.clock = clock
            self.videoMemory = videoMemory
            self.windowChanged = windowChanged
        }
    }

    /// The usual size of video memory in bytes: 16 MiB.
    public static let usualVideoMemoryByteCount: UInt64 = 16 << 20

    /// The adapter can have `byteCount` bytes of video memory: a power of two, 1 MiB to 256 MiB.
    public static func isPossible(videoMemoryByteCount byteCount: UInt64) -> Bool {
        (1 << 20...256 << 20).contains(byteCount) && byteCount & (byteCount - 1) == 0
    }

    public static let stateVersion: StateVersion = 1
    public internal(set) var state: State
    let resources: Resources
    /// What the window at 0xa0000 is now: derived from the state.
    var window: MemoryWindow

    /// Builds the adapter. The contents of video memory are the caller's: saved ones, or zeros.
    /// - Throws: `StateError` for a state that can not be, or an impossible size of video memory.
    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        let byteCount = resources.videoMemory.byteCount
        guard Self.isPossible(videoMemoryByteCount: byteCount) else {
            throw StateError(
                part: "vga",
                reason: "\(byteCount) bytes of video memory: it must be a power of two, 1 to 256 MiB")
        }
        try state.validate(videoMemoryByteCount: byteCount)
        self.resources = resources
        self.state = state
        window = MemoryWindow(state)
    }

    /// Returns to the power-on state. Video memory keeps its contents, as on real adapters.
    public func reset() {
        state = State()
        windowMayHaveChanged()
    }

    /// Looks again at what the registers say about the window at 0xa0000.
    func windowMayHaveChanged() {
        let new = MemoryWindow(state)
        if new == window { return }
        let mapsChange = new.direct != window.direct
        window = new
        if mapsChange { resources.windowChanged() }
    }
}
