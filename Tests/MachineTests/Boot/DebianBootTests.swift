// Stock Debian boots to user space, on each way that the board can start it.
import Foundation
import Machine
import MachineCore
import Testing
import VirtRISCV

@Suite(.serialized) struct DebianBootTests {
    /// Boots with `configure`d hardware, runs `command` in the guest, and gives what it printed.
    private func run(
        _ command: String, _ configure: (inout MachineConfiguration, DebianGuest, LinuxProgram) throws -> Void
    ) throws -> (outcome: MachineOutcome, console: String) {
        let guest = try DebianGuest()
        let linux = guest.linux(DebianGuest.argument(toRun: command))
        var configuration = MachineConfiguration(name: "test", program: .linux(linux))
        configuration.disks = [DiskConfiguration(path: try guest.makeDisk(), serial: "STL-TEST-1")]
        try configure(&configuration, guest, linux)
        let console = ConsoleLog()
        let machine = try Machine(configuration, log: { console.append(Array($0.utf8)) }) { console.append($0) }
        machine.remote.endInput()
        // Ten times what the boot needs: a guest that hangs ends the test.
        let outcome = try machine.run(instructionLimit: 40_000_000_000)
        try machine.close()
        return (outcome, console.text)
    }

    @Test func oneHartWritesItsDisk() throws {
        let command = """
            uname -srm; cat /etc/os-release; cat /sys/block/vda/serial; echo; \
            dd if=/dev/zero bs=1k count=64 2>/dev/null | tr '\\0' s > /root/file; sync; \
            echo 3 > /proc/sys/vm/drop_caches; sha256sum /root/file; exit 7
            """
        let (outcome, console) = try run(command) { _, _, _ in }
        #expect(outcome == .poweredOff(status: 7), "\(console)")
        #expect(console.contains("Linux 6.12"))
        #expect(console.contains("VERSION_CODENAME=trixie"))
        #expect(console.contains("STL-TEST-1"))
        // head -c 65536 /dev/zero | tr '\0' s | sha256sum
        #expect(console.contains("\(Self.sumOfTheFile)  /root/file"))
    }

    private static let sumOfTheFile = "e4916bd20ed29191e46063f402ec709e1a8ca9151dcedab878b75485fd90f16d"

    @Test func fourHarts() throws {
        let (outcome, console) = try run("echo harts=$(nproc); taskset -c 3 true && exit 4") { machine, _, _ in
            machine.cpuCount = 4
        }
        #expect(outcome == .poweredOff(status: 4), "\(console)")
        #expect(console.contains("harts=4"))
    }

    @Test func openSBIAsFirmware() throws {
        let path = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin"
        try #require(FileManager.default.fileExists(atPath: path), "install the package opensbi")
        let (outcome, console) = try run("dmesg | grep -i 'SBI implementation'; exit 5") { machine, guest, linux in
            machine.cpuCount = 2
            machine.program = .firmware(guest.bootFile(path), payload: linux)
        }
        #expect(outcome == .poweredOff(status: 5), "\(console)")
        #expect(console.contains("OpenSBI v"))
        // Implementation 1 is OpenSBI.
        #expect(console.contains("SBI implementation ID=0x1 "))
    }
}
