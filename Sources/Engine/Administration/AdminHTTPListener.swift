import Admin
import HTTP2
import Model
import Network
import Settings
import TLS

/// `admin.http`: accepts connections on the control loop, so that no page delays a worker. At most 64 at a time.
final class AdminHTTPListener: EventTarget {
    /// As the file has it.
    let wanted: ListenAddress
    /// `ADDRESS:PORT`, with the real port.
    let address: String
    private let port: UInt16
    private let socket: Socket
    private var material: ServerTLSMaterial?
    private var pages: AdminPages
    private var speaksHTTP2: Bool
    private let messages: ConnectionMessages
    /// Made with the first connection.
    private var context: ServerTLSContext?
    private unowned let server: ProxyServer
    private var connections: [ObjectIdentifier: AdminHTTPConnection] = [:]
    /// Pages that wait for what the workers report.
    private var waiting: [(SessionList) -> Void] = []
    private static let bound = 64
    /// Of each worker.
    private static let requestsShown = 200
    /// After running out of descriptors: no event is reported for a connection that is already in the backlog.
    private static let pause: Int64 = 1_000_000_000

    convenience init(_ settings: AdminSettings.HTTP, _ materials: TLSMaterials, server: ProxyServer) throws(SystemError) {
        let wanted = settings.address
        let socket = try Socket.listen(SocketAddress(wanted), v6only: wanted.v6only, sharesPort: false, defersAccept: false)
        self.init(settings, socket, materials, server: server)
    }

    /// - Parameter socket: bound and listening
    init(_ settings: AdminSettings.HTTP, _ socket: consuming Socket, _ materials: TLSMaterials, server: ProxyServer) {
        wanted = settings.address
        self.server = server
        address = socket.localAddress?.text ?? ""
        port = socket.localAddress?.port ?? 0
        pages = AdminPages(AdminAccess())
        self.socket = socket
        speaksHTTP2 = settings.http2
        messages = ConnectionMessages(log: server.log)
        super.init()
        adopt(settings, materials)
    }

    /// Begins to accept.
    func begin() throws(SystemError) { try server.loop.add(self, descriptor: socket.number) }

    var descriptor: Int32 { socket.number }

    /// Another instance accepts now. Connections under way go on.
    func handOver() {
        server.loop.unwatch(socket.number)
        server.loop.remove(self)
    }

    /// From a reload. Connections that were verified with other CAs or CRLs end.
    func adopt(_ settings: AdminSettings.HTTP, _ materials: TLSMaterials) {
        var access = AdminAccess()
        access.allowsChanges = settings.allowChanges
        access.token = materials.adminToken
        access.operators = settings.operators
        access.isTLS = settings.tls != nil
        access.isGuardedByAddress = settings.address.address.isLoopback && settings.tls == nil && access.token == nil
        access.port = port
        pages.adopt(access)
        speaksHTTP2 = settings.http2
        let material = materials.admin
        let isTrustedAsBefore = material?.trustGeneration == self.material?.trustGeneration
        self.material = material
        context = nil
        if !isTrustedAsBefore { closeConnections() }
    }

    /// False where there is none: without it nothing may be served.
    private func makeContext() -> Bool {
        guard let material, context == nil else { return true }
        do {
            context = try ServerTLSContext(
                material, identityFields: { _, _ in [] }, verified: VerifiedCertificateCache(), offersHTTP2: speaksHTTP2)
            return true
        } catch {
            // The same material made a context when it was read, so this is memory or OpenSSL itself.
            server.log.error("admin.http: no TLS context", metadata: ["reason": "\(error.description)"])
            return false
        }
    }

    override func handle(_ events: ReadyEvents) { acceptAll() }
    override func deadlinePassed() { acceptAll() }

    private func acceptAll() {
        while true {
            switch socket.accept() {
            case .connection(let taken, let peer): begin(taken, from: IPAddress(high: peer.high, low: peer.low).description)
            case .none: return
            case .failed: return server.loop.setDeadline(self, server.loop.now + Self.pause)
            }
        }
    }

    private func begin(_ socket: consuming Socket, from source: String) {
        if connections.count >= Self.bound {
            // Evict the longest-idle connection; if every connection is mid-response, reject the new one.
            guard let idle = connections.values.filter(\.isIdle).min(by: { $0.deadline < $1.deadline }) else { return }
            idle.close()
        }
        guard ProcessMemory.hasHeadroom, makeContext() else { return }
        let connection = AdminHTTPConnection(
            socket, from: source, tls: context, speaksHTTP2: speaksHTTP2, listener: self, server: server
        ) { [unowned self] in connections[ObjectIdentifier($0)] = nil }
        connections[ObjectIdentifier(connection)] = connection
        connection.begin()
    }

    func answer(_ request: AdminRequest, _ requests: SessionList?) -> AdminAnswer {
        var host = ControlHost(server: server)
        let moment = AdminPages.Moment(now: Moment.now.steady, random: AdminHTTPHead.random)
        return pages.answer(request, moment, requests: requests, host: &host)
    }

    func needsRequests(_ request: AdminRequest) -> Bool { pages.needsRequests(request, now: Moment.now.steady) }

    /// What the workers report of the requests that run now. Pages that are asked for meanwhile share one question.
    func reportRequests(_ finish: @escaping (SessionList) -> Void) {
        waiting.append(finish)
        guard waiting.count == 1 || waiting.count > Self.bound else { return }
        if waiting.count > Self.bound { waiting.removeFirst(waiting.count - 1) }
        let known = server.administration.ask(.sessions(.requests(limit: Self.requestsShown))) { [weak self] in self?.reported($0) }
        if let known { reported(known) }
    }

    private func reported(_ finding: AdminFinding) {
        let finish = waiting
        waiting = []
        guard case .sessions(let list) = finding else { return }
        for one in finish { one(list) }
    }

    /// A client went over a limit of HTTP/2, or spoke something else.
    func http2Failed(_ source: String, _ failure: HTTP2Session.Failure) {
        if case .abuse(let abuse) = failure { server.workers.counters.http2Abuse.add(abuse) }
        messages.http2Failed(listener: "admin", source: source, failure)
    }

    func reportSuppressed() { messages.reportSuppressed(now: server.loop.now) }

    func close() {
        closeConnections()
        server.loop.unwatch(socket.number)
        server.loop.remove(self)
    }

    private func closeConnections() { for connection in Array(connections.values) { connection.close() } }
}
