// The value of --disk.
import ArgumentParser
import Devices
import HostOS
import Machine

/// `FILE[,readonly][,serial=S]`.
enum DiskOption {
    private static let serial = "serial="

    /// Reads the value of one option.
    static func disk(_ text: String) throws -> MachineSpec.Disk {
        var parts = text.split(separator: ",", omittingEmptySubsequences: false)[...]
        guard let file = parts.popFirst(), !file.isEmpty else {
            throw ValidationError("write FILE, or FILE,readonly, or FILE,serial=NUMBER")
        }
        var disk = MachineSpec.Disk(file: Folder.absolute(String(file)))
        for part in parts {
            if part == "readonly" {
                disk.readOnly = true
            } else if part.hasPrefix(serial) {
                disk.serial = String(part.dropFirst(serial.count))
                guard BlockSerial(disk.serial) != nil else {
                    throw ValidationError(
                        "a serial has at most \(BlockSerial.maximumLength) printable ASCII characters")
                }
            } else {
                throw ValidationError("'\(part)' is neither readonly nor serial=NUMBER")
            }
        }
        return disk
    }
}
