import COpenSSL
import LoadKit

/// Keeps a fixed number of connections busy: each sends its next request as soon as its response is whole.
///
/// Any fault (a refused connection, a wrong status, a missing byte, half a minute without progress) ends the process.
final class Generator {
    private let script: RequestScript
    private let port: UInt16
    private let context: OpaquePointer?
    private let tickets: UnsafeMutablePointer<TicketJar>
    /// After so many requests an agent hangs up and the next one connects; 0: never.
    private let requestsPerConnection: Int
    /// Handshakes under way at a time: a proxy may reject those over its limit.
    private static let openingLimit = 32

    private var connections: [AgentConnection?] = []
    private let poller = EpollSet()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 64)

    private var opening = 0
    private(set) var opened = 0
    /// Of those opened.
    private(set) var resumed = 0
    private(set) var open = 0
    /// Requests still to be sent in this run, and responses still to be received.
    private var unsent = 0
    private var outstanding = 0
    /// Agents of this run that have not connected yet.
    private var unopened = 0
    /// What the last handshake agreed on: version, cipher and key exchange.
    private(set) var agreed = "plain"

    init(script: RequestScript, port: UInt16, context: OpaquePointer?, tickets: UnsafeMutablePointer<TicketJar>, requestsPerConnection: Int)
    {
        self.script = script
        self.port = port
        self.context = context
        self.tickets = tickets
        self.requestsPerConnection = requestsPerConnection
    }

    /// Opens connections until `count` are open, each with one response received.
    func open(_ count: Int) {
        let first = max(0, count - open)
        outstanding = first
        var missing = first
        while outstanding > 0 {
            while missing > 0, opening < Self.openingLimit {
                connect()
                missing -= 1
            }
            wait { connection in ask(connection) }
        }
    }

    /// Sends `count` requests over the open connections or, where agents hang up, over `concurrency` new ones at a time.
    func run(_ count: Int, concurrency: Int) {
        unsent = count
        outstanding = count
        if requestsPerConnection > 0 {
            unopened = count / requestsPerConnection
            unsent = unopened * requestsPerConnection
            outstanding = unsent
            for _ in 0..<concurrency { connectNext() }
        } else {
            for case let connection? in connections where connection.state == .idle && unsent > 0 { askNext(connection) }
        }
        while outstanding > 0 { wait(askNext) }
    }

    private func connectNext() {
        guard unopened > 0 else { return }
        unopened -= 1
        connect()
    }

    private func connect() {
        let descriptor = LoopbackSocket.connect(port: port)
        let stream = ByteStream(descriptor: descriptor, context: context, isClient: true)
        if let session = stream.session {
            _ = pf_SSL_set_tlsext_host_name(session, "puppet.bench.test")
            tickets.pointee.resume(session)
        }
        while connections.count <= Int(descriptor) { connections.append(nil) }
        connections[Int(descriptor)] = AgentConnection(stream: stream)
        opening += 1
        poller.add(descriptor)
    }

    /// One batch of events; `whenOpened` says what a connection does first.
    private func wait(_ whenOpened: (AgentConnection) -> Void) {
        let progressed = poller.wait(milliseconds: 30_000) { descriptor in
            guard let connection = connections[Int(descriptor)] else { return }
            switch connection.proceed(script, buffer) {
            case .waiting: break
            case .failed(let reason): fail(1, "port \(port), \(opened) connections opened: \(reason)")
            case .opened:
                opening -= 1
                open += 1
                opened += 1
                if let session = connection.stream.session, SSL_session_reused(session) == 1 { resumed += 1 }
                if opened == 1, let session = connection.stream.session { note(session) }
                whenOpened(connection)
            case .responded: finish(connection)
            }
        }
        if !progressed { fail(1, "port \(port): nothing happened for 30 s, \(outstanding) responses were due") }
    }

    private func finish(_ connection: AgentConnection) {
        outstanding -= 1
        if requestsPerConnection > 0, connection.responseCount == requestsPerConnection {
            connections[Int(connection.stream.descriptor)] = nil
            open -= 1
            connectNext()
        } else {
            askNext(connection)
        }
    }

    private func askNext(_ connection: AgentConnection) {
        guard unsent > 0 else { return }
        unsent -= 1
        ask(connection)
    }

    private func ask(_ connection: AgentConnection) {
        if let mistake = connection.ask(script) { fail(1, "port \(port): \(mistake)") }
    }

    private func note(_ session: OpaquePointer) {
        let group = SSL_ctrl(session, SSL_CTRL_GET_NEGOTIATED_GROUP, 0, nil)
        let words = [
            SSL_get_version(session), SSL_CIPHER_get_name(SSL_get_current_cipher(session)),
            SSL_group_to_name(session, Int32(truncatingIfNeeded: group)),
        ]
        agreed = words.map { $0.map { String(cString: $0) } ?? "?" }.joined(separator: " ")
    }
}
