// Bare programs: ELF files that run in machine mode with nothing below them.
import BootFormats
import MachineCore

extension VirtRISCV {
    /// Loads a bare program and starts all harts in it, in machine mode with a0 = hart.
    func loadBare(_ file: BootFile) throws(BootError) {
        let (elf, entry) = try loadELF(try file.read(), file.name)
        hostTarget?.state = .init(
            toHost: elf.symbol(named: "tohost")?.value ?? 0, fromHost: elf.symbol(named: "fromhost")?.value ?? 0)
        for hart in harts {
            hart.state.pointee.pc = entry
            hart.state.pointee.x[10] = UInt64(hart.index)
        }
    }

    /// The memory between a bare program's `begin_signature` and `end_signature` symbols, as published
    /// test suites compare it.
    /// - Throws: `BootError` when the program has no such symbols, or they are not in RAM.
    public func signature() throws(BootError) -> [UInt8] {
        guard case .bare(let file) = resources.program else {
            throw BootError("only a bare program has a signature: start it with --bare")
        }
        let elf: ELFFile
        do {
            elf = try ELFFile(try file.read())
        } catch {
            throw BootError("\(file.name): \(error)")
        }
        guard let begin = elf.symbol(named: "begin_signature")?.value,
            let end = elf.symbol(named: "end_signature")?.value, begin <= end,
            let bytes = memory.bytes(at: begin, count: Int(clamping: end - begin))
        else {
            throw BootError(
                "\(file.name) has no signature: it needs the symbols begin_signature and end_signature around "
                    + "memory in RAM (and must not be stripped)")
        }
        return bytes
    }
}
