// Instructions of the extensions: which text they belong to.
import MachineCore

extension X86Semantics {
    mutating func executeExtension(_ i: Instruction) throws(Interruption) {
        if i.isFloat { return try executeFloat(i) }
        if i.isVector { return try executeVector(i) }
        try raise(Fault.invalidOpcode, constant(0))
    }
}
