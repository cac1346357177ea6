import Admin
import Model
import Network
import Telemetry

/// What operators ask of a worker's connections.
extension Worker {
    func sessions(_ query: SessionQuery) -> SessionList {
        var list = SessionList()
        switch query {
        case .list(let limit):
            for isBusy in [true, false] {
                for connection in connections.values where (connection.exchange != nil) == isBusy {
                    guard list.sessions.count < limit else { break }
                    list.sessions.append(SessionReport(connection))
                }
            }
            list.omitted = connections.count - list.sessions.count
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

    private func connection(_ number: UInt64) -> DownstreamConnection? {
        connections.values.first { $0.number.value == number }
    }
}

extension SessionReport {
    init(_ connection: DownstreamConnection) {
        self.init()
        let worker = connection.worker
        id = connection.number.value
        now = WallClock.nanoseconds()
        startedAt = now - (worker.loop.now - connection.acceptedAt)
        isV6 = !connection.source.isV4
        source = SocketAddress(high: connection.source.high, low: connection.source.low, port: connection.sourcePort).text
        listener = connection.listener.settings.name
        requests = connection.requestCount
        descriptor = connection.stream.descriptor
        client = connection.identity.map { String(decoding: $0.certname, as: UTF8.self) } ?? ""
        tls = connection.stream.isTLS13.map { $0 ? "1.3" : "1.2" } ?? ""
        switch connection.phase {
        case .proxyHeader, .handshake: state = .handshake
        case .open: state = .idle
        case .lingering, .closed: state = .closing
        }
        if let exchange = connection.exchange { add(exchange) }
    }

    private mutating func add(_ running: RunningExchange) {
        add(running.record)
        requestMilliseconds = (running.worker.loop.now - running.began) / 1_000_000
        retries = running.exchange.retries
        if let pool = running.exchange.pool { self.pool = running.snapshot.poolSettings(pool).name }
        if let target = running.target, running.exchange.assignment != nil {
            server = String(decoding: target.name, as: UTF8.self)
            serverAddress = target.address?.text ?? ""
        }
        if let upstream = running.upstream { serverDescriptor = upstream.stream.descriptor }
        switch (running.stage, running.exchange.state) {
        case (.head, _), (.classifying, _): state = .reading
        case (.running, .connecting): state = .connecting
        case (.running, .waiting): state = .waiting
        case (.running, .answering), (.answeringHere, _): state = .answering
        case (.running, _): state = .queued
        case (.ended, _): state = .closing
        }
    }

    private mutating func add(_ record: borrowing AccessRecord) {
        requestID = String(decoding: record.id, as: UTF8.self)
        method = String(decoding: record.method, as: UTF8.self)
        target = String(decoding: record.target.prefix(200), as: UTF8.self)
        endpoint = String(decoding: record.endpoint, as: UTF8.self)
        certname = String(decoding: record.certname, as: UTF8.self)
        environment = String(decoding: record.environment, as: UTF8.self)
        bytesIn = record.bytesIn
    }
}
