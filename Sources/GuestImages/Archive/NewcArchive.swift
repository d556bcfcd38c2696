// Writes cpio archives in the "newc" format, which the kernel unpacks as initramfs.

/// A cpio archive ("newc", magic 070701) that grows in memory; owners are root, times are zero and
/// inode numbers count up, so that the same entries give the same bytes.
///
/// Format: Linux `Documentation/driver-api/early-userspace/buffer-format.rst`.
struct NewcArchive {
    private(set) var bytes: [UInt8] = []
    private var entryCount: UInt32 = 0

    private enum FileType: UInt32 {
        case directory = 0o040000
        case characterDevice = 0o020000
        case file = 0o100000
        case link = 0o120000
    }

    /// Adds a folder. Parents must come before what they hold.
    mutating func addFolder(_ path: String, permissions: UInt32 = 0o755) {
        add(path, .directory, permissions, linkCount: 2)
    }

    /// Adds a file.
    mutating func addFile(_ path: String, permissions: UInt32 = 0o644, contents: [UInt8]) {
        add(path, .file, permissions, contents: contents)
    }

    /// Adds a symbolic link.
    mutating func addLink(_ path: String, to target: String) {
        add(path, .link, 0o777, contents: Array(target.utf8))
    }

    /// Adds a character device, for instance 5, 1 for `/dev/console`.
    mutating func addDevice(_ path: String, permissions: UInt32, major: UInt32, minor: UInt32) {
        add(path, .characterDevice, permissions, device: (major, minor))
    }

    /// Adds the end mark and returns the archive, padded to 512 bytes as `cpio -o` does.
    mutating func finish() -> [UInt8] {
        addHeader(mode: 0, inode: 0, linkCount: 1, byteCount: 0, device: (0, 0), name: "TRAILER!!!")
        pad(to: 512)
        return bytes
    }

    private mutating func add(
        _ path: String, _ type: FileType, _ permissions: UInt32, linkCount: UInt32 = 1,
        contents: [UInt8] = [], device: (UInt32, UInt32) = (0, 0)
    ) {
        precondition(contents.count <= UInt32.max, "newc holds files below 4 GiB")
        entryCount += 1
        addHeader(
            mode: type.rawValue | permissions, inode: entryCount, linkCount: linkCount,
            byteCount: UInt32(contents.count), device: device, name: path)
        bytes += contents
        pad(to: 4)
    }

    private mutating func addHeader(
        mode: UInt32, inode: UInt32, linkCount: UInt32, byteCount: UInt32, device: (UInt32, UInt32),
        name: String
    ) {
        let nameBytes = Array(name.utf8) + [0]
        // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
        let fields = [
            inode, mode, 0, 0, linkCount, 0, byteCount, 0, 0, device.0, device.1, UInt32(nameBytes.count), 0,
        ]
        bytes += Array("070701".utf8)
        for field in fields {
            for shift in stride(from: 28, through: 0, by: -4) {
                bytes.append(Self.digits[Int((field >> UInt32(shift)) & 15)])
            }
        }
        bytes += nameBytes
        pad(to: 4)
    }

    private mutating func pad(to alignment: Int) {
        while bytes.count % alignment != 0 { bytes.append(0) }
    }

    private static let digits = Array("0123456789ABCDEF".utf8)
}
