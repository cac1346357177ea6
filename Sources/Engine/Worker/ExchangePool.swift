/// Exchanges of HTTP/1.1 that no connection uses: an idle connection holds none, and a warm worker allocates none.
struct ExchangePool {
    /// A driver and the client's side that it drives.
    struct Exchange {
        let driver: ExchangeDriver
        let side: HTTP1Downstream
    }

    private static let mostKept = 256
    private var free: [Exchange] = []

    mutating func take(for connection: DownstreamConnection, _ worker: Worker) -> Exchange {
        if let exchange = free.popLast() {
            exchange.side.attach(to: connection)
            return exchange
        }
        let side = HTTP1Downstream(connection, memory: worker.memory)
        return Exchange(driver: ExchangeDriver(worker, downstream: side), side: side)
    }

    /// - Parameter snapshot: the present one; exchanges that hold another are let go
    mutating func give(_ exchange: Exchange, _ snapshot: Snapshot) {
        exchange.side.detach()
        if exchange.driver.isCurrent(snapshot), free.count < Self.mostKept { free.append(exchange) }
    }

    /// They would keep the snapshots that they last worked for.
    mutating func removeAll() { free.removeAll() }
}
