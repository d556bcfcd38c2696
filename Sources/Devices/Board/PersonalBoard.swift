// Boards that people sit in front of.
import MachineCore

/// A board with a keyboard, and perhaps a screen.
public protocol PersonalBoard: Board {
    /// What its screen shows now; nil where it has no display adapter.
    func picture() -> Picture?
    /// Types text on its keyboard, a US one, at the pace of a fast typist.
    /// - Returns: how many key events found room.
    /// - Throws: `UntypableCharacter`, and nothing is typed.
    func type(_ text: String) throws(UntypableCharacter) -> Int
}
