// Step "root disk": the ext4 file system.
import Foundation

/// Builds the root file system under fakeroot, so that owners and modes are right without being
/// root, and makes a disk of it.
struct RootDiskStep: BuildStep {
    static let name = "disk"
    var name: String { Self.name }
    let spaceNeeded: UInt64 = 600 << 20

    static let file = "root.ext4"

    func inputs(_ context: BuildContext) throws -> [String] {
        [Self.script] + Self.fileSystemOptions(context.recipe)
    }

    func run(_ context: BuildContext, into folder: URL) throws {
        let packages = UnpackStep.inOrder(try DownloadStep.plan(context).rootPackages)
        let unpacked = context.folder(of: UnpackStep.name)
        let configured = context.folder(of: ConfigureStep.name)
        let merged = configured.appendingPathComponent(ConfigureStep.mergedArchive)
        let links = HostFiles.byteCount(of: merged) == nil ? [] : [merged.path]
        let archives = links + packages.map { UnpackStep.data(of: $0.name, unpacked).path }
        let list = folder.appendingPathComponent("archives")
        try HostFiles.write(Data((archives.joined(separator: "\n") + "\n").utf8), to: list)
        let excludes = context.recipe.excludedPaths.map { ".\($0)\n" }.joined()
        try HostFiles.write(Data(excludes.utf8), to: folder.appendingPathComponent("excludes"))
        let defaults = folder.appendingPathComponent("mke2fs.conf")
        try HostFiles.write(Data(Self.defaults.utf8), to: defaults)
        let disk = folder.appendingPathComponent(Self.file).path
        let arguments = [
            folder.path, configured.path,
            context.folder(of: KernelStep.name).appendingPathComponent(KernelStep.tree).path,
            disk, "\(context.recipe.diskByteCount >> 10)k",
        ]
        // faked closes every descriptor that could be open: with a limit of a billion that takes minutes.
        let limited = "ulimit -n 1024; exec fakeroot -- sh -e -c \"$0\" starling \"$@\""
        var runner = context.runner
        runner.environment = ["MKE2FS_CONFIG": defaults.path]
        var done = 0.0
        try runner.run(
            "sh", ["-c", limited, Self.script] + arguments + Self.fileSystemOptions(context.recipe)
        ) { line in
            guard line.hasPrefix(Self.mark) else { return }
            let name = line.dropFirst(Self.mark.count)
            context.report(String(name), min(done / Double(archives.count + 1), 1))
            done += 1
        }
        context.report("check", nil)
        try context.runner.run("e2fsck", ["-f", "-n", disk])
        for name in ["archives", "excludes", "mke2fs.conf"] {
            try HostFiles.remove(folder.appendingPathComponent(name))
        }
    }

    /// What mke2fs does unless told otherwise differs between hosts; this stands for all of them.
    private static let defaults = """
        [defaults]
            blocksize = 4096
        [fs_types]
            ext4 = {
                inode_size = 256
            }
            small = {
                inode_size = 256
            }

        """

    private static let mark = "starling-step "

    /// $1 folder of the step, $2 that of "configure", $3 tree of modules, $4 disk, $5 size, then
    /// options of mke2fs.
    private static let script = #"""
        step=$1 configured=$2 modules=$3 disk=$4 size=$5
        shift 5
        root=$step/root
        mkdir "$root"
        chmod 755 "$root"
        extract() {
            tar --extract --preserve-permissions --numeric-owner --keep-directory-symlink -C "$root" "$@"
        }
        while read -r archive; do
            name=${archive##*/}
            echo "starling-step ${name%.tar}"
            extract --exclude-from="$step/excludes" --anchored --file "$archive"
        done <"$step/archives"
        echo "starling-step file system"
        tar --create --mode=u=rwX,go=rX -C "$modules" . | extract --no-overwrite-dir --file -
        extract --no-overwrite-dir --file "$configured/overlay.tar"
        chown -R 0:0 "$root/usr/lib/modules"
        while read -r mode owner path; do
            chown "$owner" "$root$path"
            chmod "$mode" "$root$path"
        done <"$configured/owners"
        mke2fs -q -F -t ext4 -d "$root" "$@" "$disk" "$size"
        rm -rf "$root"
        """#

    /// The features are those that every kernel since 5.10 mounts. Inode tables are written now (as
    /// holes of the file): otherwise the guest's kernel does it in the background of its first hours.
    private static func fileSystemOptions(_ recipe: ImageRecipe) -> [String] {
        let features = [
            "none", "has_journal", "ext_attr", "resize_inode", "dir_index", "filetype", "extent", "64bit",
            "flex_bg",
            "sparse_super", "large_file", "huge_file", "dir_nlink", "extra_isize", "metadata_csum",
        ]
        let extended = ["hash_seed=\(recipe.fileSystemUUID)", "lazy_itable_init=0", "lazy_journal_init=0"]
        return [
            "-O", features.joined(separator: ","), "-E", extended.joined(separator: ","), "-U",
            recipe.fileSystemUUID,
            "-L", "root", "-b", "4096", "-I", "256", "-i", "16384", "-m", "1", "-J", "size=16",
        ]
    }
}
