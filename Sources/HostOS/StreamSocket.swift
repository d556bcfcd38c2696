// Stream sockets between processes of one host: with a path, or on the loopback network.
import Glibc

/// A socket of unix(7) or tcp(7), closed when the object goes. No function waits: `HostPoll` does.
public final class StreamSocket: Sendable {
    /// The socket's number, for poll(2).
    public let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Listens at `path`, where nothing may be; only the user's own processes can connect.
    /// - Throws: `HostError`; EADDRINUSE when something is at the path.
    public static func listen(at path: String) throws(HostError) -> StreamSocket {
        let operation = "listen at \(path)"
        let socket = try make(operation)
        // Before `bind`, so that there is no moment in which others can connect: Linux gives the file
        // the mode of the socket.
        fchmod(socket.descriptor, 0o600)
        try withAddress(of: path, operation) { bind(socket.descriptor, $0, $1) }
        _ = try File.retrying(operation) { Int(Glibc.listen(socket.descriptor, 16)) }
        return socket
    }

    /// Connects to whoever listens at `path`.
    /// - Throws: `HostError`; ENOENT or ECONNREFUSED when nobody does.
    public static func connect(to path: String) throws(HostError) -> StreamSocket {
        let operation = "connect to \(path)"
        let socket = try make(operation)
        try withAddress(of: path, operation) { Glibc.connect(socket.descriptor, $0, $1) }
        return socket
    }

    /// Listens at a port of 127.0.0.1, which every user of the host can connect to.
    /// - Parameter port: 0 takes a free one.
    /// - Throws: `HostError`; EADDRINUSE when another process listens there.
    public static func listen(loopbackPort port: UInt16) throws(HostError) -> StreamSocket {
        let operation = "listen at 127.0.0.1:\(port)"
        let socket = try make(operation, AF_INET)
        var reuse: Int32 = 1
        setsockopt(socket.descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        _ = try File.retrying(operation) {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Int(bind(socket.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)))
                }
            }
        }
        _ = try File.retrying(operation) { Int(Glibc.listen(socket.descriptor, 16)) }
        return socket
    }

    /// Another number for the same socket, which the caller closes.
    public func duplicate() throws(HostError) -> Int32 {
        let descriptor = self.descriptor
        let copy = try File.retrying("copy a socket") { Int(fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) }
        return Int32(truncatingIfNeeded: copy)
    }

    /// The port of a socket on the loopback network; 0 for another one.
    public var port: UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return result == 0 && address.sin_family == sa_family_t(AF_INET) ? UInt16(bigEndian: address.sin_port) : 0
    }

    /// A socket, listened at or not, is at the path itself (links are not followed).
    public static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    /// The next one who has connected, or nil when there is none.
    public func accept() -> StreamSocket? {
        let client = Glibc.accept(descriptor, nil, nil)
        guard client >= 0 else { return nil }
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        _ = fcntl(client, F_SETFL, O_NONBLOCK)
        return StreamSocket(descriptor: client)
    }

    /// What a transfer came to.
    public enum Transfer: Equatable, Sendable {
        /// This many bytes moved.
        case moved(Int)
        /// Not now: wait with `HostPoll`.
        case wouldBlock
        /// The other side is gone.
        case ended
    }

    /// Receives into `buffer`.
    public func receive(into buffer: inout [UInt8]) -> Transfer {
        let descriptor = self.descriptor
        return transfer { buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) } }
    }

    /// Sends from the front of `bytes`; the caller keeps what did not move.
    public func send(_ bytes: ArraySlice<UInt8>) -> Transfer {
        if bytes.isEmpty { return .moved(0) }
        let flags = Int32(MSG_NOSIGNAL)
        return transfer { bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) } }
    }

    private func transfer(_ call: () -> Int) -> Transfer {
        while true {
            let count = call()
            if count > 0 { return .moved(count) }
            if count == 0 { return .ended }
            if errno == EINTR { continue }
            return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .ended
        }
    }

    private static func make(_ operation: String, _ family: Int32 = AF_UNIX) throws(HostError) -> StreamSocket {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = try File.retrying(operation) { Int(socket(family, kind, 0)) }
        return StreamSocket(descriptor: Int32(truncatingIfNeeded: descriptor))
    }

    private typealias Call = (UnsafePointer<sockaddr>, socklen_t) -> Int32

    /// An address has room for 107 bytes only, so it names the folder by an open file of this process.
    private static func withAddress(of path: String, _ operation: String, _ call: Call) throws(HostError) {
        let opened = try File.retrying(operation) {
            Int(open(Folder.parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        }
        defer { close(Int32(truncatingIfNeeded: opened)) }
        let short = Array("/proc/self/fd/\(opened)/\(Folder.name(of: path))".utf8)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard short.count < capacity else { throw HostError(operation, code: ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: short) }
        _ = try File.retrying(operation) {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Int(call($0, socklen_t(MemoryLayout<sockaddr_un>.size)))
                }
            }
        }
    }
}
