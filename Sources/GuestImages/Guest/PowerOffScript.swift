// How a guest ends its machine with an exit status.

/// The lines of shell that hand `$status` (0 to 255) to the host through the board's power-off device.
enum PowerOffScript {
    /// A SiFive test finisher at 0x10_0000: 0x5555 is success, 0x3333 with a code above it a failure.
    case testFinisher
    /// The exit port 0xf4 of a PC, which takes the status as it is.
    case exitPort

    /// The device of `board`, as recipes name boards.
    init(board: String) {
        self = board == "pc" ? .exitPort : .testFinisher
    }

    /// The lines, for busybox's shell.
    var contents: String {
        switch self {
        case .testFinisher: Self.toTestFinisher
        case .exitPort: Self.toExitPort
        }
    }

    private static let toTestFinisher = #"""
        # The board's power-off device (SiFive test finisher) hands the status to the host.
        if [ "$status" -eq 0 ]; then value=0x5555; else value=$(printf '0x%x' $((status << 16 | 0x3333))); fi
        busybox devmem 0x100000 32 "$value"

        """#

    /// `%b`, as a status of 37 would be a percent sign, which a format takes for a directive.
    private static let toExitPort = #"""
        # The board's exit port (0xf4) hands the status to the host.
        printf %b "\\0$(printf %o "$status")" | busybox dd of=/dev/port bs=1 seek=244 conv=notrunc 2>/dev/null

        """#
}
