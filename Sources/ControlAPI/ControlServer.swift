// The server: HTTP/1.1 on a socket in the machine's folder.
import HostOS
import Machine
import NIOCore
import NIOHTTP1
import NIOPosix

/// Serves the control API. Requests are done on threads of their own, so that a long one holds up neither others
/// nor the machine.
public final class ControlServer: Sendable {
    /// More would be a mistake or an attack of the user's own programs.
    static let maximumConnections = 32
    /// The largest body of a request, in bytes.
    static let maximumBody = 1 << 20

    private let path: String
    private let group: MultiThreadedEventLoopGroup
    private let pool: NIOThreadPool
    private let channel: any Channel

    /// Begins to serve at `socketPath`; what a killed process has left there is replaced.
    /// - Throws: `ConsoleError.inUse` when somebody serves there already, or the host's error.
    public init(socketPath: String, _ machine: MachineControl) throws {
        path = socketPath
        let listener = try ConsoleServer.listen(at: socketPath)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let pool = NIOThreadPool(numberOfThreads: 4)
        pool.start()
        self.pool = pool
        let connections = ConnectionCount()
        channel = try ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                guard connections.enter(channel) else { return channel.close() }
                return channel.pipeline.configureHTTPServerPipeline(withErrorHandling: true).flatMap {
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            IdleStateHandler(allTimeout: .seconds(600)))
                        try channel.pipeline.syncOperations.addHandler(RequestHandler(machine, pool))
                    }
                }
            }
            .withBoundSocket(try listener.duplicate()).wait()
    }

    /// Ends all connections, and removes the socket.
    public func close() {
        try? Folder.removeFile(path)
        try? channel.close().wait()
        try? group.syncShutdownGracefully()
        try? pool.syncShutdownGracefully()
    }
}

/// Counts connections; used on the one event loop.
private final class ConnectionCount: @unchecked Sendable {
    private var count = 0

    func enter(_ channel: any Channel) -> Bool {
        guard count < ControlServer.maximumConnections else { return false }
        count += 1
        channel.closeFuture.whenComplete { [self] _ in count -= 1 }
        return true
    }
}

/// Collects one request after the other, and answers them.
private final class RequestHandler: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let machine: MachineControl
    private let pool: NIOThreadPool
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isTooLarge = false

    init(_ machine: MachineControl, _ pool: NIOThreadPool) {
        self.machine = machine
        self.pool = pool
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
            isTooLarge = false
        case .body(let bytes):
            isTooLarge = isTooLarge || body.count + bytes.readableBytes > ControlServer.maximumBody
            if !isTooLarge { body += Array(bytes.readableBytesView) }
        case .end:
            guard let head else { return }
            self.head = nil
            perform(head, context)
        }
    }

    private func perform(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        if isTooLarge {
            let text = "the body has more than \(ControlServer.maximumBody) bytes"
            return answer(413, Route.failed(text), head.isKeepAlive, context)
        }
        let request = ControlRequest(head, body)
        body = []
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        pool.runIfActive(eventLoop: context.eventLoop) { [machine] in Route.answer(request, machine) }
            .whenSuccess { [self] result in
                answer(result.status, result.body, head.isKeepAlive, bound.value)
            }
    }

    private func answer(_ status: Int, _ body: [UInt8], _ isKeptAlive: Bool, _ context: ChannelHandlerContext) {
        var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status))
        head.headers.add(name: "Content-Type", value: "application/json")
        head.headers.add(name: "Content-Length", value: "\(body.count)")
        if !isKeptAlive { head.headers.add(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            if !isKeptAlive { bound.value.close(promise: nil) }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

extension ControlRequest {
    fileprivate init(_ head: HTTPRequestHead, _ body: [UInt8]) {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var query: [String: String] = [:]
        for item in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
        }
        self.init(method: head.method.rawValue, path: String(parts.first ?? ""), query: query, body: body)
    }
}
