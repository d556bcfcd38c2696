// PCs that boot as real ones do: SeaBIOS, real mode, GRUB on a CD, and what they show and take.
import Devices
import Foundation
import MachineCore
import StateCodec
import Testing

@testable import Machine

@Suite(.serialized) struct PCFirmwareTests {
    private let console = ConsoleLog()

    private func machine(_ disks: [MachineSpec.Disk], memory: UInt64 = 64) throws -> Machine {
        var spec = MachineSpec.personalComputer()
        spec.clock = .deterministic
        spec.memory = ByteSize(mebibytes: memory)
        spec.disks = disks
        spec.identity.serial = "SERIAL-17"
        let configuration = try spec.configuration(in: "/", name: "test") { _ in throw NoImages() }
        return try Machine(configuration, log: { [console] in console.append(Array($0.utf8)) }) { [console] in
            console.append($0)
        }
    }

    private struct NoImages: Error {}

    /// Runs until the console has `text`, and for some tenths of a second more.
    private func run(_ machine: Machine, untilConsoleHas text: String) throws {
        for _ in 0..<300 {
            _ = try machine.run(instructionLimit: 20_000_000)
            if console.text.contains(text) { return }
        }
        Issue.record("\(text) did not come: \(console.text)")
    }

    private func emptyDisk() throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("empty-\(UUID().uuidString)").path
        #expect(FileManager.default.createFile(atPath: path, contents: Data(count: 1 << 20)))
        return path
    }

    @Test func nothingToBootIsSaid() throws {
        let disk = try emptyDisk()
        defer { try? FileManager.default.removeItem(atPath: disk) }
        let machine = try machine([.init(file: disk)])
        try run(machine, untilConsoleHas: "No bootable device")
        #expect(console.text.contains("could not read the boot disk") || console.text.contains("not a bootable disk"))
        try machine.close()
    }

    /// The screen shows what GRUB prints, and the keyboard types what it reads.
    @Test func screenAndKeyboard() throws {
        let menu = """
            echo READY
            read answer
            echo "got $answer"
            smbios --type 1 --get-string 7 --set serial
            echo "serial $serial."
            halt
            """
        let medium = try BootableISO(menu: "insmod smbios\ninsmod halt\n\(menu)\n")
        let disks = [MachineSpec.Disk(optical: medium.path)]
        let machine = try machine(disks)
        try run(machine, untilConsoleHas: "READY")
        _ = try machine.run(instructionLimit: 20_000_000)
        let picture = try machine.picture()
        #expect(picture.width == 720 && picture.height == 400)
        #expect(picture.rgb.contains { $0 > 0x80 }, "the screen is black")
        #expect(throws: MachineError.self) { try machine.type("\u{e4}") }
        try machine.type("Hello, You\n")
        machine.remote.endInput()
        #expect(try machine.run(instructionLimit: 2_000_000_000) == .poweredOff(status: 0), "\(console.text)")
        #expect(console.text.contains("got Hello, You"), "\(console.text)")
        #expect(console.text.contains("serial SERIAL-17"), "\(console.text)")
        #expect(try machine.picture() != picture)
        try machine.close()
    }

    /// From the first instruction of the BIOS, in real mode, over GRUB and the kernel's own start in 16 and 32 bits,
    /// to user space on a virtio disk.
    @Test func debianFromACD() throws {
        let guest = try DebianGuest(.pc)
        let words = DebianGuest.argument(toRun: "dmesg | grep DMI:; uname -m; exit 5")
        let menu = """
            linux /boot/vmlinuz \(guest.image.manifest.kernelCommandLine) \(words)
            initrd /boot/initrd
            boot
            """
        let medium = try BootableISO(
            menu: menu,
            files: ["boot/vmlinuz": guest.image.kernel.path, "boot/initrd": guest.image.initrd.path])
        let machine = try machine([.init(file: try guest.makeDisk()), .init(optical: medium.path)], memory: 256)
        machine.remote.endInput()
        #expect(try machine.run(instructionLimit: 30_000_000_000) == .poweredOff(status: 5), "\(console.text)")
        #expect(console.text.contains("DMI: Starling PC, BIOS"), "\(console.text)")
        #expect(console.text.contains("x86_64"))
        try machine.close()
    }
}
