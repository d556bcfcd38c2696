// Waiting for several sources at once.
import Glibc

/// One source to wait for, and afterwards what is the matter with it.
public struct PollItem: Sendable {
    fileprivate let descriptor: Int32
    fileprivate let events: Int16
    fileprivate var results: Int16 = 0

    private init(_ descriptor: Int32, input: Bool, output: Bool) {
        self.descriptor = descriptor
        events = Int16((input ? POLLIN : 0) | (output ? POLLOUT : 0))
    }

    /// A socket.
    public init(_ socket: StreamSocket, input: Bool = true, output: Bool = false) {
        self.init(socket.descriptor, input: input, output: output)
    }

    /// A wake-up from another thread.
    public init(_ wake: WakePipe) { self.init(wake.reader, input: true, output: false) }

    /// A stream of this process.
    public init(_ stream: StandardStream) {
        self.init(stream.rawValue, input: stream == .input, output: stream != .input)
    }

    /// Reading gives something: bytes, a connection or the end.
    public var isReadable: Bool { results & Int16(POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0 }
    /// Writing does something: moves bytes or fails.
    public var isWritable: Bool { results & Int16(POLLOUT | POLLERR | POLLNVAL) != 0 }
}

/// poll(2).
public enum HostPoll {
    /// Waits until one of `items` is ready, or until `milliseconds` have passed; nil waits forever.
    /// Returns early, with nothing ready, when a signal came.
    public static func wait(_ items: inout [PollItem], milliseconds: Int32? = nil) {
        var requests = items.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
        let count = poll(&requests, nfds_t(requests.count), milliseconds ?? -1)
        for index in items.indices { items[index].results = count > 0 ? requests[index].revents : 0 }
    }

    /// Waits for one source; false when the time is over.
    public static func wait(_ item: PollItem, milliseconds: Int32) -> Bool {
        var items = [item]
        wait(&items, milliseconds: milliseconds)
        return items[0].results != 0
    }
}
