// Where the beam is: derived from virtual time and the CRT controller's registers.
import MachineCore

extension VGA {
    /// The form of one frame in dots and lines.
    struct FrameTiming: Equatable {
        /// The dot clock in Hz.
        let dotClock: UInt64
        let dotsPerLine: UInt64
        let displayedDots: UInt64
        let lines: UInt64
        let displayedLines: UInt64
        /// The lines during which vertical retrace lasts.
        let retrace: Range<UInt64>
    }

    /// The frame that the registers describe. All counts are 1 or more, whatever the guest wrote.
    var timing: FrameTiming {
        if let mode = vbeMode { return Self.timing(of: mode) }
        let clocking = state.sequencer[SequencerRegister.clockingMode]
        let dots: UInt64 = (clocking & SequencerBit.eightDots != 0 ? 8 : 9)
            * (clocking & SequencerBit.halvedDotClock != 0 ? 2 : 1)
        let is28MHz = state.miscellaneousOutput & MiscellaneousBit.clock28MHz != 0
        // IBM, "Vertical Total": the register holds two less than the number of lines; "Horizontal Total":
        // five less than that of characters.
        let lines = UInt64(state.vertical(CRTCRegister.verticalTotal, bit8: 1 << 0, bit9: 1 << 5)) + 2
        let start = UInt64(state.vertical(CRTCRegister.verticalRetraceStart, bit8: 1 << 2, bit9: 1 << 7))
        // Retrace ends when the low four bits of the line counter are those of the register.
        let end = UInt64(state.crtc[CRTCRegister.verticalRetraceEnd] & 0xf)
        let length = (end &- start) & 0xf
        return FrameTiming(
            dotClock: is28MHz ? 28_322_000 : 25_175_000,
            dotsPerLine: (UInt64(state.crtc[CRTCRegister.horizontalTotal]) + 5) * dots,
            displayedDots: (UInt64(state.crtc[CRTCRegister.horizontalDisplayEnd]) + 1) * dots,
            lines: lines, displayedLines: UInt64(displayedLines),
            retrace: start..<(start + (length == 0 ? 16 : length)))
    }

    /// VBE has no timing registers: 60 frames a second, with the blanking of a usual monitor.
    private static func timing(of mode: VBEMode) -> FrameTiming {
        let dots = UInt64(mode.width) + 160
        let displayed = UInt64(mode.height)
        let lines = displayed + 30
        return FrameTiming(
            dotClock: dots * lines * 60, dotsPerLine: dots, displayedDots: UInt64(mode.width), lines: lines,
            displayedLines: displayed, retrace: (displayed + 3)..<(displayed + 9))
    }

    /// The number of lines that the VGA's own registers show: 1 to 1024.
    var displayedLines: Int {
        state.vertical(CRTCRegister.verticalDisplayEnd, bit8: 1 << 1, bit9: 1 << 6) + 1
    }

    /// How many dots were sent since virtual time 0, modulo 2^64.
    private func dots(_ timing: FrameTiming) -> UInt64 {
        // 2^64 ns and less than 2^32 Hz: the quotient of the whole product fits, modulo 2^64.
        let product = resources.clock.now.multipliedFullWidth(by: timing.dotClock)
        let nanosecondsPerSecond: UInt64 = 1_000_000_000
        return nanosecondsPerSecond.dividingFullWidth(
            (product.high % nanosecondsPerSecond, product.low)).quotient
    }

    /// How many frames were shown since virtual time 0.
    var frame: UInt64 {
        let timing = timing
        return dots(timing) / (timing.dotsPerLine * timing.lines)
    }

    /// Input status register 1 (IBM, "Input Status Register 1").
    var inputStatusOne: UInt8 {
        let timing = timing
        let dot = dots(timing) % (timing.dotsPerLine * timing.lines)
        let line = dot / timing.dotsPerLine
        let isDisplayed = line < timing.displayedLines && dot % timing.dotsPerLine < timing.displayedDots
        return (isDisplayed ? 0 : StatusBit.displayDisabled)
            | (timing.retrace.contains(line) ? StatusBit.verticalRetrace : 0)
    }
}
