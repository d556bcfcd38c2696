// Messages for the person who waits.
import Foundation

/// Writes to standard error, so that standard output holds the result alone.
enum Progress {
    static func say(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
}
