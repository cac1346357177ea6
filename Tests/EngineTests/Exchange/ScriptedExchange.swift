import Model
import Settings
import TestKit
import Testing

@testable import Engine

/// A driver between two scripted sides, with a real worker and a real pool, without a socket.
final class ScriptedExchange {
    let world: TestWorker
    let client: ScriptedClient
    let servers: ScriptedServers
    let driver: ExchangeDriver

    /// - Parameters:
    ///   - names: the servers of the only pool
    ///   - certname: of the client's certificate; nil: it has none
    init(
        _ names: [String] = ["s1", "s2"], maxconn: Int? = nil, certname: String? = nil, pool edit: (inout PoolSettings) -> Void = { _ in },
        settings: (inout ProxySettings) -> Void = { _ in }
    ) throws {
        var pool = PoolSettings(name: "compilers", servers: names.map { TestWorker.server($0, maxconn: maxconn) })
        edit(&pool)
        var made: ScriptedServers?
        let world = try TestWorker([pool], edit: settings) {
            let servers = ScriptedServers(loop: $0, memory: $1)
            made = servers
            return servers
        }
        self.world = world
        servers = made!
        client = Self.client(world, certname: certname)
        driver = Self.driver(world, client)
    }

    static func client(_ world: TestWorker, certname: String? = nil) -> ScriptedClient {
        let identity = certname.map {
            ClientIdentity(
                certname: Array($0.utf8), distinguishedName: [], serial: Array("0A".utf8), issuerDER: [], der: [], extensions: [],
                notAfter: .max, headerBlock: Array("X-Client-DN: CN=\($0)\r\nX-Client-Cert: cert\r\n".utf8))
        }
        let context = ClientContext(
            listener: world.listener, source: IPAddress("192.0.2.9")!, sourcePort: 4711, identity: identity, serverName: [],
            isTLS13: identity == nil ? nil : true)
        return ScriptedClient(context, memory: world.worker.memory)
    }

    static func driver(_ world: TestWorker, _ client: ScriptedClient) -> ExchangeDriver {
        let driver = ExchangeDriver(world.worker, downstream: client)
        client.scriptedTimer.onDeadline = { [unowned driver] in driver.clientTimedOut() }
        client.scriptedTimer.onResume = { [unowned driver] in driver.clientReady() }
        try? world.worker.loop.add(client.scriptedTimer, descriptor: nil)
        return driver
    }

    /// A request of another client, which takes a slot or is queued. Nothing comes of it but by the pool.
    func anotherRequest() throws -> ExchangeDriver {
        let client = Self.client(world)
        let driver = Self.driver(world, client)
        try client.begin(Self.file)
        driver.begin()
        driver.headCame()
        return driver
    }

    // MARK: Requests

    static let file = "GET /puppet/v3/file_metadata/modules/m/a?environment=production HTTP/1.1\r\nHost: p\r\n\r\n"
    static let head = file.replacing("GET", with: "HEAD")

    static func report(_ length: Int, fields: String = "") -> String {
        "PUT /puppet/v3/report/a.test?environment=production HTTP/1.1\r\nHost: p\r\n\(fields)Content-Length: \(length)\r\n\r\n"
    }

    static func catalog(_ length: Int, fields: String = "") -> String {
        "POST /puppet/v3/catalog/a.test?environment=production HTTP/1.1\r\nHost: p\r\n\(fields)Content-Length: \(length)\r\n\r\n"
    }

    /// The first bytes of a request, with its whole head.
    func begin(_ text: String) throws {
        try client.begin(text)
        driver.begin()
        driver.headCame()
    }

    /// More of it comes.
    func send(_ text: String) {
        client.send(text)
        driver.clientReady()
    }

    // MARK: Servers

    /// The connection that was made last.
    var server: ScriptedServer { servers.made.last! }

    /// A request has been sent whole, and the server is to respond.
    @discardableResult
    func forwarded(_ text: String = file) throws -> ScriptedServer {
        try begin(text)
        server.connects()
        return server
    }

    static let ok = ScriptedServer.Piece.head("200 OK", ["Content-Length: 5"], "hello")

    // MARK: Results

    /// The only line since the last call.
    func line() throws -> LogLine {
        let lines = world.lines()
        try #require(lines.count == 1, "\(lines)")
        return lines[0]
    }

    /// The only line's status, reason, termination and retries; the exchange has given all back.
    func end() throws -> String {
        let line = try line()
        #expect(world.held == [] && !driver.isActive)
        #expect(servers.made.allSatisfy { $0.driver == nil }, "a connection still has its exchange")
        return line.end
    }

    /// Milliseconds until the client's deadline, and the server's.
    var waits: [Double?] { [world.wait(of: client.timer), servers.made.last.flatMap { world.wait(of: $0) }] }
}
