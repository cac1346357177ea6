import Balancing
import Model

/// What happened to an exchange.
package enum ExchangeEvent: Sendable {
    /// The pool gave a server, at once or out of the queue.
    case assigned(Assignment)
    case queued
    case refused(Reason)
    /// A connection to the server is established, its TLS included.
    case connected
    case connectFailed(byTimeout: Bool)
    /// The connection to the server ended before the response did.
    case lost(Loss)
    /// A final response's head has arrived whole, without a defect in the content so far. `isFailure`: see `Verdict.responseFailed`.
    case responseBegan(isFailure: Bool)
    /// An instance has no server for the request now, or does not know its pool: no server has seen it.
    case declined(Reason, bodyAtHand: Bool)
    /// The server's last byte has arrived.
    case responseEnded
    case responseMalformed
    case responseTimedOut
    /// The request's content is badly framed.
    case requestMalformed
    /// The request's head or content did not come in time.
    case requestTimedOut
    /// The client moves fewer bytes than `limits.minimum_rate` while it holds a server's slot.
    case clientTooSlow
    case clientGone
    /// The client has taken the whole response.
    case delivered
    /// The server's checks have failed since its time ran out or it takes no connection any more.
    case serverDown(bodyAtHand: Bool, reachedServer: Bool = true)

    package struct Loss: Sendable {
        /// Some of the request may have reached the server.
        package let sentAnything: Bool
        /// All that has been read of the request is still held, so that it can be sent from its start.
        package let bodyAtHand: Bool
        /// The connection had served other requests before.
        package let wasReused: Bool
        /// False: an instance had it, and has not said that it gave it to a server.
        package let reachedServer: Bool
        package init(sentAnything: Bool, bodyAtHand: Bool, wasReused: Bool, reachedServer: Bool = true) {
            self.sentAnything = sentAnything
            self.bodyAtHand = bodyAtHand
            self.wasReused = wasReused
            self.reachedServer = reachedServer
        }
    }
}
