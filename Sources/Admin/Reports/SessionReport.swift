/// An agent's connection as one worker sees it, and the request on it.
package struct SessionReport: Sendable {
    /// handshake; idle between requests; reading a request; queued for a server; connecting to it; running on it; responding, where a
    /// response is on its way to the agent; closing.
    package enum State: String, Sendable { case handshake, idle, reading, queued, connecting, running, responding, closing }

    /// Never given twice while the process runs.
    package var id: UInt64 = 0
    package var state = State.idle
    /// Nanoseconds since 1970 when it was accepted, and now.
    package var startedAt: Int64 = 0
    package var now: Int64 = 0
    package var isV6 = false
    /// `ADDRESS:PORT`.
    package var source = ""
    package var listener = ""
    /// The verified certificate's name.
    package var client = ""
    package var tls = ""
    package var isHTTP2 = false
    /// More than one only on an HTTP/2 connection; what is said of a request below is then of one of them.
    package var requestsUnderWay = 0
    /// Requests on this connection so far.
    package var requests = 0
    package var descriptor: Int32 = -1
    /// What follows is of the request under way; empty where there is none.
    package var requestID = ""
    package var requestMilliseconds: Int64 = 0
    package var method = ""
    package var target = ""
    package var endpoint = ""
    package var certname = ""
    package var environment = ""
    package var pool = ""
    package var server = ""
    package var serverAddress = ""
    package var serverDescriptor: Int32 = -1
    package var retries = 0
    package var bytesIn: UInt64 = 0

    package init() {}

    package var age: Int64 { max(0, now - startedAt) / 1_000_000_000 }
}

package enum SessionQuery: Sendable, Equatable {
    /// As many as there are, at most `limit`, those with a request first.
    case list(limit: Int)
    /// Those with a request, at most `limit`, the oldest requests first.
    case requests(limit: Int)
    case one(UInt64)
    /// Closes it.
    case end(UInt64)
}

/// The workers' result of a `SessionQuery`: the sessions found, and how many more there are.
package struct SessionList: Sendable {
    package var sessions: [SessionReport] = []
    package var omitted = 0

    package init() {}
}
