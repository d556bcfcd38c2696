// A command in the real guest.
import Foundation
import Machine
import Testing

struct DebianCommandTests {
    private static let image = "debian-trixie-riscv64"

    @Test func commandRunsInDebianAndGivesItsStatus() throws {
        let built = try MachineHome().path + "/images"
        try #require(
            FileManager.default.fileExists(atPath: "\(built)/\(Self.image)"),
            "build the image first: starling image build \(Self.image)")
        let home = try TestHome()
        try FileManager.default.createSymbolicLink(atPath: home.path("images"), withDestinationPath: built)
        let command = "uname -m; . /etc/os-release; echo $ID; echo 'x y' > /root/f && cat /root/f; exit 7"
        let result = try StarlingProcess(["run", Self.image, "--", command], home: home).wait(seconds: 600)
        #expect(result.status == 7, "\(result.errors)")
        // A serial line ends its lines with a carriage return, too.
        #expect(result.output.replacingOccurrences(of: "\r", with: "").hasSuffix("riscv64\ndebian\nx y\n"))
        #expect(home.names(in: "tmp").isEmpty)
    }
}
