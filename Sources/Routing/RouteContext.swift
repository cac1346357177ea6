import Model

/// Who asks, and how the request came: what routes may depend on besides the request itself. Values that are not known (`explain`) let no
/// condition on them hold. A class, made once a connection: as a value it was copied for each request.
package final class RouteContext: Sendable {
    /// nil without a verified certificate.
    package let identity: ClientIdentity?
    /// The agent's, after PROXY protocol; nil where it is not known.
    package let source: IPAddress?
    /// The listener's name; empty where it is not known.
    package let listener: [UInt8]
    /// The name that the client sent as SNI; empty where it sent none.
    package let serverName: [UInt8]

    package init(identity: ClientIdentity? = nil, source: IPAddress? = nil, listener: [UInt8] = [], serverName: [UInt8] = []) {
        self.identity = identity
        self.source = source
        self.listener = listener
        self.serverName = serverName
    }
}
