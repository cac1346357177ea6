import Admin
import Forwarding
import Model
import Network
import Telemetry

/// The list of a worker's connections for `show sess`.
extension Worker {
    func sessions(_ query: SessionQuery) -> SessionList {
        var list = SessionList()
        switch query {
        case .list(let limit):
            for isBusy in [true, false] {
                for connection in connections.values where connection.activeExchanges.isEmpty != isBusy {
                    guard list.sessions.count < limit else { break }
                    list.sessions.append(SessionReport(connection))
                }
            }
            list.omitted = connections.count - list.sessions.count
        case .requests(let limit): addRequests(to: &list, limit: limit)
        case .one(let number):
            if let connection = connection(number) { list.sessions.append(SessionReport(connection)) }
        case .end(let number):
            guard let connection = connection(number) else { break }
            list.sessions.append(SessionReport(connection))
            log.notice("connection closed by an operator", metadata: ["source": "\(connection.source.description)"])
            connection.close()
        }
        return list
    }

    private func addRequests(to list: inout SessionList, limit: Int) {
        var busy: [(connection: DownstreamConnection, exchange: ExchangeDriver)] = []
        for connection in connections.values {
            for exchange in connection.activeExchanges { busy.append((connection, exchange)) }
        }
        busy.sort { $0.exchange.age > $1.exchange.age }
        list.sessions = busy.prefix(limit).map { SessionReport($0.connection, $0.exchange) }
        list.omitted = busy.count - list.sessions.count
    }

    private func connection(_ number: UInt64) -> DownstreamConnection? {
        connections.values.first { $0.number.value == number }
    }
}

extension SessionReport {
    /// - Parameter exchange: of several on one HTTP/2 connection the one that is described; nil: the oldest
    init(_ connection: DownstreamConnection, _ exchange: ExchangeDriver? = nil) {
        self.init()
        let exchanges = connection.activeExchanges
        isHTTP2 = connection.isHTTP2
        requestsUnderWay = exchanges.count
        let worker = connection.worker
        id = connection.number.value
        now = WallClock.nanoseconds()
        startedAt = now - (worker.loop.now - connection.acceptedAt)
        isV6 = !connection.source.isV4
        source = SocketAddress(high: connection.source.high, low: connection.source.low, port: connection.sourcePort).text
        listener = connection.listener.settings.name
        requests = connection.requestCount
        descriptor = connection.stream.descriptor
        client = connection.client?.identity.map { String(decoding: $0.certname, as: UTF8.self) } ?? ""
        tls = connection.stream.isTLS13.map { $0 ? "1.3" : "1.2" } ?? ""
        switch connection.phase {
        case .proxyHeader, .handshake: state = .handshake
        case .open, .http2, .preface: state = .idle
        case .lingering, .closed: state = .closing
        }
        (exchange ?? exchanges.max { $0.age < $1.age })?.describe(&self)
    }

    /// The server, where one is assigned, and the connection to it.
    mutating func add(_ link: ServerLink, isAssigned: Bool) {
        if isAssigned, let target = link.target {
            server = String(decoding: target.name, as: UTF8.self)
            serverAddress = target.address?.text ?? ""
        }
        if let descriptor = link.connection?.descriptor { serverDescriptor = descriptor }
    }

    /// The request's own facts.
    mutating func add(_ record: borrowing AccessRecord, bytesIn: UInt64) {
        requestID = String(decoding: record.id, as: UTF8.self)
        method = String(decoding: record.method, as: UTF8.self)
        target = String(decoding: record.target.prefix(200), as: UTF8.self)
        endpoint = String(decoding: record.endpoint, as: UTF8.self)
        certname = String(decoding: record.certname, as: UTF8.self)
        environment = String(decoding: record.environment, as: UTF8.self)
        self.bytesIn = bytesIn
    }
}

extension SessionReport.State {
    init(_ state: ExchangeStateMachine.State) {
        self =
            switch state {
            case .idle: .idle
            case .readingHead, .readingContent: .reading
            case .seeking, .queued: .queued
            case .connecting: .connecting
            case .awaitingResponse: .running
            case .forwarding, .delivering, .responding: .responding
            case .ended: .closing
            }
    }
}
