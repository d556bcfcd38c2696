// Locks on whole files, so that no two processes write one disk.
import Glibc

extension File {
    /// Who else may have a lock at the same time.
    public enum Lock: Sendable {
        /// Others with a shared lock.
        case shared
        /// Nobody.
        case exclusive
    }

    /// Locks the file until it is closed; false when somebody has a lock that excludes this one. It
    /// also excludes other `File` objects of the same process.
    /// - Throws: `HostError` when the file system has no locks.
    public func tryLock(_ lock: Lock) throws(HostError) -> Bool {
        let operation = (lock == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB
        do {
            _ = try File.retrying("lock \(path)") { Int(flock(descriptor, operation)) }
            return true
        } catch {
            if error.code == EWOULDBLOCK { return false }
            throw error
        }
    }

    /// The number of this process, to compare with a lock's holder.
    public static var thisProcess: Int32 { getpid() }

    /// The number of a process that has a lock on this file, if the host tells.
    public func lockHolder() -> Int32? {
        guard let status = try? status(), let table = try? File(opening: "/proc/locks", .readOnly),
            let text = table.text(limit: 1 << 20)
        else { return nil }
        let place = File.lockPlace(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        return text.split(separator: "\n").lazy.compactMap { File.holder(in: $0, place: place) }.first
    }

    /// The process in one line of /proc/locks (proc_locks(5)), if it is a lock of `flock` on `place`:
    /// `1: FLOCK ADVISORY WRITE 4711 fd:01:1234 0 EOF`.
    private static func holder(in line: Substring, place: String) -> Int32? {
        let fields = line.split(separator: " ")
        guard fields.count >= 6, fields[1] == "FLOCK", fields[5] == place else { return nil }
        // 0 and -1 stand for processes that this one can not see.
        return Int32(fields[4]).flatMap { $0 > 0 ? $0 : nil }
    }

    /// A file as /proc/locks writes it: major and minor number of the device in two or more
    /// hexadecimal digits, and the inode in decimal. The split is that of glibc's `gnu_dev_major`.
    private static func lockPlace(device: UInt64, inode: UInt64) -> String {
        let major = device >> 8 & 0xfff | device >> 32 & ~0xfff
        let minor = device & 0xff | device >> 12 & ~0xff
        return "\(hexadecimal(major)):\(hexadecimal(minor)):\(inode)"
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        (number < 16 ? "0" : "") + String(number, radix: 16)
    }

    /// Up to `limit` bytes of a file of the kernel's, which has no size, as text.
    private func text(limit: Int) -> String? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count < limit {
            let position = off_t(bytes.count)
            guard let count = try? File.retrying("read \(path)", {
                pread(descriptor, &chunk, chunk.count, position)
            }) else { return nil }
            if count == 0 { break }
            bytes += chunk.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
