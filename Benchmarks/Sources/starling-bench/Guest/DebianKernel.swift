// The stock Debian kernel, from Starling's own guest image.
import Foundation

/// Debian's riscv64 kernel as `starling image build` takes it from Debian's kernel package.
struct DebianKernel {
    static let image = "debian-trixie-riscv64"

    /// The command under test.
    let starling: String

    /// The path of the kernel; makes the image if it is not there.
    func path() throws(BenchError) -> String {
        if let path = try imageFolder() { return path + "/kernel" }
        Progress.say("making the image \(Self.image) for its kernel")
        let child = try ChildProcess([starling, "image", "build", Self.image])
        while let line = try child.nextLine(before: monotonicSeconds() + 1800) {
            Progress.say("  \(line.text)")
        }
        let status = child.wait()
        guard status == 0, let path = try imageFolder() else {
            throw BenchError("`starling image build \(Self.image)` ended with status \(status)")
        }
        return path + "/kernel"
    }

    private struct Listed: Decodable {
        let name, path, state: String
    }

    private func imageFolder() throws(BenchError) -> String? {
        let child = try ChildProcess([starling, "image", "ls", "--json"])
        var text = ""
        while let line = try child.nextLine(before: monotonicSeconds() + 60) { text += line.text + "\n" }
        guard child.wait() == 0, let images = try? JSONDecoder().decode([Listed].self, from: Data(text.utf8))
        else {
            throw BenchError("`\(starling) image ls --json` failed: \(text)")
        }
        return images.first { $0.name == Self.image && $0.state == "ready" }?.path
    }
}
