// How large the terminal is.
import Glibc

extension Terminal {
    /// The rows and columns of the terminal on standard input; nil when there is none or it does not know.
    public static var size: (rows: UInt16, columns: UInt16)? {
        var window = winsize()
        guard ioctl(0, UInt(TIOCGWINSZ), &window) == 0, window.ws_row > 0, window.ws_col > 0 else { return nil }
        return (window.ws_row, window.ws_col)
    }
}

extension StandardStream {
    /// The columns of the terminal that the stream is.
    public var columns: UInt16? {
        var window = winsize()
        guard ioctl(rawValue, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return nil }
        return window.ws_col
    }
}
