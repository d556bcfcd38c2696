// From a kernel package to the kernel file, the modules and the initramfs.
import Foundation
import Testing

@testable import GuestImages

@Suite(.enabled(if: ImageBuilder.missingPrograms().isEmpty, "programs of the host are missing"))
struct KernelStepsTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// How Debian packs the kernel of a release.
    struct Layout: Sendable {
        let recipe: String
        let kernel: String
        let modules: String
        let suffix: String
        let busybox: String
    }

    private static let layouts = [
        Layout(
            recipe: riscv64, kernel: "boot/vmlinux-6.1", modules: "usr/lib/modules/6.1", suffix: ".ko.xz",
            busybox: "usr/bin/busybox"),
        Layout(
            recipe: amd64, kernel: "boot/vmlinuz-6.1", modules: "lib/modules/6.1", suffix: ".ko",
            busybox: "bin/busybox"),
    ]

    /// Where the kernels have the modules of the initramfs, and two that are for others.
    private static let modules = [
        "crypto/crc32c_generic", "drivers/block/virtio_blk", "drivers/char/hw_random/virtio-rng",
        "drivers/gpu/drm/tiny/bochs", "drivers/net/ethernet/e1000", "drivers/net/veth",
        "drivers/virtio/virtio_pci", "fs/ext4/ext4",
    ]

    /// Writes a module as the kernel package has it, which depmod may not take for one.
    private func write(_ module: String, to folder: URL, _ layout: Layout) throws {
        let file = folder.appendingPathComponent("kernel/\(module).ko")
        try Data("module \(module)".utf8).write(to: file)
        guard layout.suffix.hasSuffix(".xz") else { return }
        try ProgramRunner(log: nil).run("xz", ["--force", "--", file.path])
    }

    /// Builds the packages and runs the steps that work on them.
    private func build(_ layout: Layout) throws -> BuildContext {
        let store = ImageStore(root: scratch.url.appendingPathComponent("home"))
        try HostFiles.makeFolder(store.downloads)
        let context = BuildContext(
            recipe: try smallRecipe(of: layout.recipe), store: store, host: BuildHost(),
            work: store.workFolder(of: "small"))
        var files = [
            layout.kernel: "the kernel", "boot/System.map-6.1": "s", "boot/config-6.1": "c",
            "\(layout.modules)/modules.order": "",
        ]
        for module in Self.modules {
            files["\(layout.modules)/kernel/\(module)\(layout.suffix)"] = "module \(module)"
        }
        let kernel = try PlannedPackage(building: "linux-image-6.1", files: files, in: scratch, store)
        let busybox = try PlannedPackage(
            building: "busybox-static", files: [layout.busybox: "the busybox"], in: scratch, store)
        let plan = DownloadStep.Plan(rootPackages: [busybox], kernel: kernel)
        let folder = context.folder(of: DownloadStep.name)
        try HostFiles.makeFolder(folder)
        try HostFiles.write(
            JSONEncoder().encode(plan), to: folder.appendingPathComponent(DownloadStep.planFile))
        try run(UnpackStep(), context)
        try run(KernelStep(), context)
        return context
    }

    private func run(_ step: any BuildStep, _ context: BuildContext) throws {
        let folder = context.folder(of: step.name)
        try HostFiles.makeFolder(folder)
        try step.run(context, into: folder)
    }

    @Test(arguments: layouts) func theKernelIsTakenAsItIs(layout: Layout) throws {
        let context = try build(layout)
        let folder = context.folder(of: KernelStep.name)
        let kernel = folder.appendingPathComponent(KernelStep.kernelFile)
        #expect(try HostFiles.text(kernel) == "the kernel")
        #expect(try HostFiles.names(in: folder) == [KernelStep.kernelFile, KernelStep.tree])
        let modules = try KernelStep.modules(context)
        #expect(modules.path.hasSuffix("/usr/lib/modules/6.1"))
        func has(_ module: String) -> Bool {
            HostFiles.byteCount(of: modules.appendingPathComponent("kernel/\(module)\(layout.suffix)")) != nil
        }
        #expect(has("drivers/net/veth") && has("drivers/virtio/virtio_pci") && has("fs/ext4/ext4"))
        #expect(!has("drivers/gpu/drm/tiny/bochs") && !has("drivers/net/ethernet/e1000"))
    }

    @Test(arguments: layouts) func theInitramfsLoadsWhatTheRecipeNames(layout: Layout) throws {
        let context = try build(layout)
        let names = context.recipe.initramfsModules
        let paths = try names.map { name in try #require(Self.modules.first { $0.hasSuffix("/\(name)") }) }
        let modules = try KernelStep.modules(context)
        for path in paths { try write(path, to: modules, layout) }
        // The modules of the test need nothing of each other.
        let table = paths.map { "kernel/\($0)\(layout.suffix):\n" }.joined()
        try HostFiles.write(Data(table.utf8), to: modules.appendingPathComponent("modules.dep"))
        try run(InitramfsStep(), context)
        let archive = context.folder(of: InitramfsStep.name).appendingPathComponent(InitramfsStep.file)
        let command = #"cd "$0" && cpio --extract --quiet -d --file "$1" "modules/*" "bin/*" init"#
        let unpacked = scratch.url.appendingPathComponent("unpacked")
        try HostFiles.makeFolder(unpacked)
        try ProgramRunner(log: nil).run("sh", ["-c", command, unpacked.path, archive.path])
        func text(_ path: String) throws -> String {
            try HostFiles.text(unpacked.appendingPathComponent(path))
        }
        #expect(try text("bin/busybox") == "the busybox")
        #expect(try text("init") == InitramfsScript.contents)
        let order = try text("modules/order").split(separator: "\n").map(String.init)
        #expect(order == names.map { ModuleTable.name(of: $0) + ".ko" })
        for (file, path) in zip(order, paths) { #expect(try text("modules/\(file)") == "module \(path)") }
    }
}
