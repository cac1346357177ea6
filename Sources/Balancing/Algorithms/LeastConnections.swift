/// `balance: least-connections`, and the load by which `random` and `hash` choose among their candidates: HAProxy's leastconn.
///
/// 0 without requests, else (requests + 1) / weight. Requests are those that hold a slot, wait for this very server, or come from other
/// clients by the server's own report.
enum LeastConnections {
    @inline(__always) static func rank(_ server: borrowing ServerState) -> UInt64 {
        let requests = server.inUse + server.waitingForThisServer + server.externalRequests
        return requests == 0 ? 0 : (UInt64(requests + 1) << 32) / UInt64(max(1, server.effectiveWeight))
    }
}
