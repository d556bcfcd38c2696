// The screen and the keyboard of a machine.
import Devices
import MachineCore

extension Machine {
    /// What the machine's screen shows now.
    /// - Throws: `MachineError` when it has none.
    public func picture() throws(MachineError) -> Picture {
        guard let picture = (board as? any PersonalBoard)?.picture() else {
            throw MachineError(
                "machine '\(configuration.name)' has no screen: set display: vga in its machine.yaml (board: pc)")
        }
        return picture
    }

    /// Types text on the machine's keyboard; see `type`.
    func typeNow(_ text: String) throws(MachineError) {
        guard let board = board as? any PersonalBoard else {
            throw MachineError("machine '\(configuration.name)' has no keyboard: its console takes input instead")
        }
        do throws(UntypableCharacter) {
            _ = try board.type(text)
        } catch { throw MachineError("\(error)") }
    }
}
