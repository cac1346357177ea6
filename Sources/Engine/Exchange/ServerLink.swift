import Forwarding
import Model

/// Which server was an exchange given, and by which connection does it speak to it?
struct ServerLink {
    /// The server that was assigned last.
    private(set) var target: UpstreamTarget?
    private(set) var connection: UpstreamSide?

    mutating func assign(_ target: UpstreamTarget?) { self.target = target }

    /// Takes a connection that is established, or begins a new one. True where it is connected already.
    /// - Parameters:
    ///   - fresh: not one that was kept
    ///   - looksTwice: for requests that cannot be sent again
    mutating func connect(
        _ servers: ServerConnections, to target: UpstreamTarget, fresh: Bool, looksTwice: Bool, for exchange: ExchangeDriver
    ) throws(ProxyError) -> Bool {
        let connection = try servers.side(to: target, fresh: fresh, looksTwice: looksTwice)
        self.connection = connection
        return connection.begin(for: exchange)
    }

    /// Lets go of the connection: it is kept where both messages are whole, else closed.
    /// - Returns: the beginning of an error response's content
    mutating func drop(requestWasSent: Bool) -> [UInt8] {
        guard let ended = connection else { return [] }
        connection = nil
        let sample = ended.sample
        ended.release(requestWasSent: requestWasSent)
        return sample
    }

    /// The request is over.
    mutating func end() { target = nil }

    /// What the end of the connection means. Once a byte of a response has arrived, nothing is sent again.
    func lost(_ state: ExchangeStateMachine.State, _ traffic: borrowing ExchangeTraffic) -> ExchangeEvent {
        if connection?.responseHasBegun == true, state == .awaitingResponse { return .responseMalformed }
        return .lost(
            .init(
                sentAnything: traffic.request.hasSentAnything && connection?.wasNotProcessed != true,
                bodyAtHand: traffic.request.isAtHand, wasReused: connection?.wasReused == true, reachedServer: reachedServer(traffic)))
    }

    /// A server may have the request. Of what an instance had, only what it said so of.
    func reachedServer(_ traffic: borrowing ExchangeTraffic) -> Bool { target?.isInstance != true || traffic.instanceReachedServer }
}
