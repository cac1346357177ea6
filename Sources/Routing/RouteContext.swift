import Model

/// Who asks, and how the request came: what routes may depend on besides the request itself. Values that are not known (`explain`) let no
/// condition on them hold.
package struct RouteContext: Sendable {
    /// nil without a verified certificate.
    package var identity: ClientIdentity?
    /// The agent's, after PROXY protocol; nil where it is not known.
    package var source: IPAddress?
    /// The listener's name; empty where it is not known.
    package var listener: [UInt8]
    /// The name that the client sent as SNI; empty where it sent none.
    package var serverName: [UInt8]

    package init(identity: ClientIdentity? = nil, source: IPAddress? = nil, listener: [UInt8] = [], serverName: [UInt8] = []) {
        self.identity = identity
        self.source = source
        self.listener = listener
        self.serverName = serverName
    }
}
