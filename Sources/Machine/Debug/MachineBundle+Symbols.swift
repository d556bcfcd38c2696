// The kernel's symbols beside the machine, for debuggers.
import Debug
import HostOS

extension MachineBundle {
    static let symbolFileName = "symbols.elf"

    /// Writes symbols into the machine's folder, in a form that debuggers read.
    /// - Parameter path: what the guest has in `/proc/kallsyms`, or what nm prints.
    /// - Returns: the file.
    /// - Throws: `KernelSymbolsError` when the text has no symbols, `HostError`.
    public func writeSymbols(from path: String) throws -> String {
        let text = try File.contents(of: path, limit: KernelSymbols.maximumByteCount)
        let file = "\(self.path)/\(Self.symbolFileName)"
        try File.replace(file, with: try KernelSymbols(parsing: text).elf(machine: try spec().board.elfMachine))
        return file
    }
}
