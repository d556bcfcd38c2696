// An image whose kernel is a few instructions.
import Foundation
import GuestImages
import Testing

/// Puts an image into the home that boots in no time: its kernel prints the device tree.
enum FakeImage {
    static let name = "fake"
    static let commandLine = "root=/dev/vda quiet"

    static func make(in home: TestHome) throws {
        let kernel = try Data(contentsOf: URL(fileURLWithPath: try Programs.kernel(home)))
        let files = ["kernel": kernel, "initrd": Data("initrd".utf8), "root.ext4": Data(count: 1 << 20)]
        for (file, contents) in files { _ = try home.file("images/\(name)/\(file)", contents) }
        func entry(_ file: String) -> [String: Any] {
            ["name": file, "sha256": String(repeating: "0", count: 64), "byteCount": files[file]?.count ?? 0]
        }
        let recipe = try JSONSerialization.jsonObject(with: JSONEncoder().encode(RecipeCatalog.all[0]))
        let manifest: [String: Any] = [
            "formatVersion": ImageManifest.currentFormatVersion, "name": name, "architecture": "riscv64",
            "board": "virt-riscv", "kernel": entry("kernel"), "initrd": entry("initrd"),
            "disk": entry("root.ext4"), "kernelCommandLine": commandLine, "packages": [], "suites": ["trixie"],
            "built": "2026-01-01T00:00:00Z", "recipe": recipe, "builderRevision": ImageBuilder.revision,
        ]
        _ = try home.file(
            "images/\(name)/image.json", JSONSerialization.data(withJSONObject: manifest))
    }
}
