import Model
import Network
import Synchronization
import TLS

/// A worker's connections to servers: which one serves this request, and which are kept for the next?
///
/// Idle ones are kept by target, the most recently used one first, in a bounded number. TLS contexts are the worker's own.
class ServerConnections {
    /// One server's, counted in their target for reports. A class, so that taking one costs one look-up in a dictionary.
    private final class Kept {
        private(set) var list: [HTTP1Upstream]
        private let target: UpstreamTarget

        init(_ first: HTTP1Upstream) {
            list = [first]
            target = first.target
            target.idleCount.add(1, ordering: .relaxed)
        }

        deinit { target.idleCount.subtract(list.count, ordering: .relaxed) }

        func append(_ connection: HTTP1Upstream) {
            list.append(connection)
            target.idleCount.add(1, ordering: .relaxed)
        }

        /// The most recently used one.
        func takeLast() -> HTTP1Upstream? {
            guard let last = list.popLast() else { return nil }
            target.idleCount.subtract(1, ordering: .relaxed)
            return last
        }

        func remove(_ connection: HTTP1Upstream) {
            guard let index = list.firstIndex(where: { $0 === connection }) else { return }
            list.remove(at: index)
            target.idleCount.subtract(1, ordering: .relaxed)
        }
    }

    /// Kept to one server; more are closed.
    private static let mostPerServer = 256

    private let loop: EventLoop<WorkerMessage>
    private let memory: TransferMemory
    private var kept: [ObjectIdentifier: Kept] = [:]
    private var contexts: [ObjectIdentifier: ClientTLSContext] = [:]
    private let http2: HTTP2ServerConnections
    private(set) var keepsNone = false

    init(loop: EventLoop<WorkerMessage>, memory: TransferMemory) {
        self.loop = loop
        self.memory = memory
        http2 = HTTP2ServerConnections(loop: loop, memory: memory)
    }

    // MARK: For an exchange

    /// A side for one request: on a connection that is established, or on a new one.
    /// - Parameters:
    ///   - fresh: no connection that has served others
    ///   - looksTwice: see `takeIdle`
    func side(to target: UpstreamTarget, fresh: Bool, looksTwice: Bool) throws(ProxyError) -> UpstreamSide {
        if target.speaksHTTP2 { return try http2.side(to: target, fresh: fresh, looksTwice: looksTwice, of: self) }
        if !fresh, let kept = takeIdle(target, looksTwice: looksTwice) { return kept }
        return try connect(to: target)
    }

    /// A new connection. It reports to its exchange once it is established, or has failed.
    func connect(to target: UpstreamTarget) throws(ProxyError) -> UpstreamSide {
        let connection = HTTP1Upstream(target, socket: try socket(to: target), connections: self, memory: memory)
        try watch(connection, connection.descriptor)
        return connection
    }

    /// A socket that begins to connect.
    func socket(to target: UpstreamTarget) throws(ProxyError) -> Socket {
        guard let address = target.address else { throw ProxyError(.unresolved, context: "name does not resolve") }
        do { return try Socket.connect(to: address, keepalive: target.keepalive) } catch { throw Self.failure(error) }
    }

    func watch(_ connection: EventTarget, _ descriptor: Int32?) throws(ProxyError) {
        do { try loop.add(connection, descriptor: descriptor) } catch { throw Self.failure(error) }
    }

    private static func failure(_ error: SystemError) -> ProxyError {
        ProxyError(error.isOutOfDescriptors ? .noDescriptors : .connectRefused, context: error.description)
    }

    /// An idle connection to that very server, the most recently used one.
    /// - Parameter looksTwice: asks the socket whether it was closed since the last turn of the loop: for requests that cannot be sent
    ///   again. The others are, should it have.
    func takeIdle(_ target: UpstreamTarget, looksTwice: Bool) -> UpstreamSide? {
        guard let kept = kept[ObjectIdentifier(target)] else { return nil }
        while let connection = kept.takeLast() {
            if !looksTwice || connection.isQuiet { return connection }
            connection.close()
        }
        return nil
    }

    // MARK: For the connections

    func context(for material: ClientTLSMaterial) throws(OpenSSLError) -> ClientTLSContext {
        if let known = contexts[ObjectIdentifier(material)] { return known }
        let made = try ClientTLSContext(material)
        contexts[ObjectIdentifier(material)] = made
        return made
    }

    /// Keeps an idle connection for the next exchange. False where there are enough, or none is kept any more.
    func keep(_ connection: HTTP1Upstream) -> Bool {
        if keepsNone { return false }
        loop.setDeadline(connection, loop.now + connection.target.idleTimeout)
        let key = ObjectIdentifier(connection.target)
        guard let others = kept[key] else {
            kept[key] = Kept(connection)
            return true
        }
        guard others.list.count < Self.mostPerServer else { return false }
        others.append(connection)
        return true
    }

    /// An idle one has ended.
    func drop(_ connection: HTTP1Upstream) {
        let key = ObjectIdentifier(connection.target)
        kept[key]?.remove(connection)
        if kept[key]?.list.isEmpty == true { kept[key] = nil }
        connection.close()
    }

    func closed(_ connection: HTTP1Upstream) { loop.remove(connection) }

    // MARK: For the worker

    /// Another configuration: contexts of credentials that it does not have go, and empty lists of servers that are gone.
    func adopt(_ materials: [ClientTLSMaterial]) {
        let live = Set(materials.map { ObjectIdentifier($0) })
        contexts = contexts.filter { live.contains($0.key) }
        kept = kept.filter { !$0.value.list.isEmpty }
    }

    /// See `HTTP2ServerConnections`. One of HTTP/1.1 serves the request that it is taken for, or shows its end.
    func serverWentDown(_ target: UpstreamTarget) { http2.serverWentDown(target) }

    /// The worker drains: idle connections are closed, and no other is kept.
    func closeIdle() {
        keepsNone = true
        let all = kept.values.flatMap(\.list)
        kept.removeAll()
        for connection in all { connection.close() }
        http2.closeIdle()
    }
}
