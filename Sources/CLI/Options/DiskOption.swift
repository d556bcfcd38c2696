// The value of --disk.
import ArgumentParser
import Devices
import HostOS
import Machine

/// `FILE[,readonly][,serial=S]`.
struct DiskOption: ExpressibleByArgument {
    let disk: MachineSpec.Disk

    init?(argument: String) {
        var parts = argument.split(separator: ",", omittingEmptySubsequences: false)[...]
        guard let file = parts.popFirst(), !file.isEmpty else { return nil }
        var disk = MachineSpec.Disk(file: Folder.absolute(String(file)))
        for part in parts {
            if part == "readonly" {
                disk.readOnly = true
            } else if part.hasPrefix("serial="), BlockSerial(String(part.dropFirst(7))) != nil {
                disk.serial = String(part.dropFirst(7))
            } else {
                return nil
            }
        }
        self.disk = disk
    }
}
