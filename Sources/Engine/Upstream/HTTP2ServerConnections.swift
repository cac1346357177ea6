import HTTP2
import Model
import Network

/// A worker's HTTP/2 connections to servers: which one takes the next request?
///
/// The oldest one to that very server that has room, so that there are few; a new one where none has. How many a server lets be open at once
/// is known once one of its connections is established, and goes for the next from the start. Pools share the connections to an instance.
final class HTTP2ServerConnections {
    /// What connections are shared by.
    private enum Key: Hashable {
        case server(ObjectIdentifier)
        case instance(high: UInt64, low: UInt64, port: UInt16, tls: ObjectIdentifier, verifyName: String)

        init(_ target: UpstreamTarget) {
            if target.isInstance, let address = target.address, let tls = target.tls {
                self = .instance(
                    high: address.high, low: address.low, port: address.port, tls: ObjectIdentifier(tls), verifyName: target.verifyName)
            } else {
                self = .server(ObjectIdentifier(target))
            }
        }
    }

    private struct Group {
        var list: [HTTP2ServerConnection] = []
        var streamLimit = HTTP2Limits().streams
    }

    private let loop: EventLoop<WorkerMessage>
    private let memory: TransferMemory
    /// Only those that take requests.
    private var groups: [Key: Group] = [:]

    init(loop: EventLoop<WorkerMessage>, memory: TransferMemory) {
        self.loop = loop
        self.memory = memory
    }

    /// A side for one request.
    /// - Parameters:
    ///   - fresh: not on a connection that has served a request
    ///   - looksTwice: on no idle one whose end may be in its socket: for requests that cannot be sent again
    func side(
        to target: UpstreamTarget, fresh: Bool, looksTwice: Bool, of servers: ServerConnections
    ) throws(ProxyError) -> UpstreamSide {
        let side = HTTP2Upstream(
            to: target, on: try connection(to: target, fresh: fresh, looksTwice: looksTwice, of: servers), memory: memory)
        try servers.watch(side, nil)
        return side
    }

    /// A connection that has room for one more request.
    private func connection(
        to target: UpstreamTarget, fresh: Bool, looksTwice: Bool, of servers: ServerConnections
    ) throws(ProxyError) -> HTTP2ServerConnection {
        let key = Key(target)
        let group = groups[key] ?? Group()
        for connection in group.list where connection.hasRoom && !(fresh && connection.hasServed) {
            guard looksTwice, connection.mayHaveEnded else { return connection }
            connection.leave()
        }
        let connection = HTTP2ServerConnection(
            target, socket: try servers.socket(to: target), streamLimit: group.streamLimit, group: self, servers: servers, loop: loop,
            memory: memory)
        try servers.watch(connection, connection.descriptor)
        connection.begin()
        groups[key, default: Group(streamLimit: group.streamLimit)].list.append(connection)
        return connection
    }

    // MARK: For the connections

    /// The server has said how many streams it lets be open.
    func streamLimitCame(_ connection: HTTP2ServerConnection, _ limit: Int) {
        groups[Key(connection.target)]?.streamLimit = limit
    }

    /// The server allows fewer streams than there are requests for the connection: this one goes to another.
    func move(_ side: HTTP2Upstream, of servers: ServerConnections) {
        do throws(ProxyError) {
            let connection = try connection(to: side.target, fresh: false, looksTwice: false, of: servers)
            if side.move(to: connection) { side.connected() }
        } catch {
            side.connectFailed(error)
        }
    }

    /// It takes no more requests.
    func leaves(_ connection: HTTP2ServerConnection) {
        let key = Key(connection.target)
        groups[key]?.list.removeAll { $0 === connection }
        if groups[key]?.list.isEmpty == true { groups[key] = nil }
    }

    // MARK: For the worker

    /// Its checks say that a server is gone: what is asked of it later goes by new connections.
    func serverWentDown(_ target: UpstreamTarget) {
        // The target may have been replaced since its connections were made.
        let known = groups.values.flatMap(\.list).filter {
            Key($0.target) == Key(target) || $0.target.id == target.id && $0.target.pool == target.pool
        }
        for connection in known { connection.leave() }
    }

    /// The worker drains: connections end with their last request.
    func closeIdle() { for connection in groups.values.flatMap(\.list) { connection.leave() } }
}
