// What can go wrong, with a message that says what to do.

/// A failure that ends the run with status 1, or 2 if the command line is at fault.
struct BenchError: Error, CustomStringConvertible {
    let description: String
    var status: Int32 = 1

    init(_ description: String) { self.description = description }

    static func usage(_ text: String) -> BenchError {
        var error = BenchError("\(text); see --help")
        error.status = 2
        return error
    }
}
