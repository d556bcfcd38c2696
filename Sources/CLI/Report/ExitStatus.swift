// What the exit status of a command means.

/// The exit statuses of all commands, and the text that documents them.
enum ExitStatus {
    static let success: Int32 = 0
    /// Something went wrong that fits no other status.
    static let failure: Int32 = 1
    /// Wrong usage, a `machine.yaml` with a mistake, or a machine that can not be.
    static let configuration: Int32 = 2
    static let notFound: Int32 = 3
    /// Another process runs the machine, uses the disk or builds images.
    static let busy: Int32 = 5
    /// `run`: the machine did not end by itself.
    static let endless: Int32 = 124
    /// `run`: Starling could not start or run the machine, for whatever reason.
    static let machineFailure: Int32 = 125

    /// A command that `signal` ended, as shells say it.
    static func ended(by signal: Int32) -> Int32 { 128 + signal }

    /// What a guest switched itself off with; a status has only 8 bits.
    static func guest(_ status: UInt16) -> Int32 { Int32(min(status, 255)) }

    static let table = """
        EXIT STATUS:
          0  success
          1  failure
          2  wrong usage or bad configuration
          3  not found
          5  busy: another process has the machine, the disk or the image store
        `starling run` ends with the guest's own status (0 to 255), and else with
          124  the machine did not end: it reached --max-instructions, or waits
               for ever
          125  Starling could not start or run the machine; standard error says
               why
          129, 130, 143  stopped by the signal HUP, INT, TERM (by Ctrl-A x: 0)
        """
}
