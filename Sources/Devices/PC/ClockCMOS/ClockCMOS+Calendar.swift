// The calendar of the PC's clock: seconds since 1970 as bytes, and back.
import MachineCore

extension ClockCMOS {
    /// Seconds since 1970 of the machine's calendar.
    var machineSeconds: Int64 { Int64(clamping: resources.context.clock.wallClock / 1_000_000_000) }
    /// Seconds since 1970 that the clock shows.
    var shownSeconds: Int64 { state.heldSeconds ?? machineSeconds &+ state.offset }
    /// The last quarter of a millisecond of each second, in which the bytes are about to change.
    var isUpdating: Bool {
        state.heldSeconds == nil && resources.context.clock.wallClock % 1_000_000_000 >= 999_756_000
    }

    private var isBinary: Bool { state.bytes[Register.b] & Control.isBinary != 0 }
    private var has24Hours: Bool { state.bytes[Register.b] & Control.has24Hours != 0 }

    func calendarByte(_ number: Int) -> UInt8 {
        let moment = CalendarMoment(seconds: shownSeconds)
        switch number {
        case Register.seconds: return encoded(moment.second)
        case Register.minutes: return encoded(moment.minute)
        case Register.hours: return encodedHour(moment.hour)
        case Register.weekday: return encoded(moment.weekday)
        case Register.day: return encoded(moment.day)
        case Register.month: return encoded(moment.month)
        case Register.year: return encoded(moment.year % 100)
        default: return encoded(moment.year / 100)
        }
    }

    func setCalendarByte(_ number: Int, _ value: UInt8) {
        var moment = CalendarMoment(seconds: shownSeconds)
        let plain = decoded(value)
        switch number {
        case Register.seconds: moment.second = min(plain, 59)
        case Register.minutes: moment.minute = min(plain, 59)
        case Register.hours: moment.hour = decodedHour(value)
        case Register.day: moment.day = min(max(plain, 1), 31)
        case Register.month: moment.month = min(max(plain, 1), 12)
        case Register.year: moment.year = moment.year / 100 * 100 + min(plain, 99)
        case Register.century: moment.year = min(plain, 99) * 100 + moment.year % 100
        // The day of the week follows from the date.
        default: return
        }
        if state.heldSeconds != nil {
            state.heldSeconds = moment.seconds
        } else {
            state.offset = moment.seconds &- machineSeconds
        }
    }

    /// The time is that of the alarm; a byte of 0xc0 or more stands for any (data sheet, "Alarm bytes").
    var isAlarm: Bool {
        let pairs = [
            (Register.seconds, Register.secondsAlarm), (Register.minutes, Register.minutesAlarm),
            (Register.hours, Register.hoursAlarm),
        ]
        return pairs.allSatisfy { state.bytes[$0.1] >= 0xc0 || state.bytes[$0.1] == calendarByte($0.0) }
    }

    // MARK: Encodings

    private func encoded(_ value: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: isBinary ? value : value / 10 << 4 | value % 10)
    }

    private func decoded(_ value: UInt8) -> Int {
        isBinary ? Int(value) : Int(value >> 4) * 10 + Int(value & 15)
    }

    private func encodedHour(_ hour: Int) -> UInt8 {
        if has24Hours { return encoded(hour) }
        return encoded(hour % 12 == 0 ? 12 : hour % 12) | (hour >= 12 ? 0x80 : 0)
    }

    private func decodedHour(_ value: UInt8) -> Int {
        if has24Hours { return min(decoded(value), 23) }
        return decoded(value & 0x7f) % 12 + (value & 0x80 != 0 ? 12 : 0)
    }
}

/// A moment by the Gregorian calendar.
private struct CalendarMoment {
    var second: Int
    var minute: Int
    var hour: Int
    /// 1 to 31.
    var day: Int
    /// 1 to 12.
    var month: Int
    var year: Int
    /// 1 is Sunday.
    let weekday: Int

    /// The days of whole 400 years: the calendar repeats after them.
    private static let cycleDays = 146_097

    init(seconds: Int64) {
        let bounded = min(max(seconds, 0), 253_402_300_799)
        let (days, rest) = Int(bounded).quotientAndRemainder(dividingBy: 86400)
        second = rest % 60
        minute = rest / 60 % 60
        hour = rest / 3600
        // 1970-01-01 was a Thursday.
        weekday = (days + 4) % 7 + 1
        // Years that begin in March: so that the leap day is the last.
        let shifted = days + 719_468
        let dayOfCycle = shifted % Self.cycleDays
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = shifted / Self.cycleDays * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    }

    /// Seconds since 1970.
    var seconds: Int64 {
        let marchYear = year - (month <= 2 ? 1 : 0)
        let cycle = marchYear / 400
        let yearOfCycle = marchYear % 400
        let marchMonth = (month + 9) % 12
        let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
        let dayOfCycle = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
        let days = cycle * Self.cycleDays + dayOfCycle - 719_468
        return Int64(days * 86400 + hour * 3600 + minute * 60 + second)
    }
}
