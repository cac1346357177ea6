import Model
import Routing

/// Who is at the client's end of a connection: known once its PROXY header and its handshake are done, the same for all its exchanges.
final class ClientContext {
    let listener: ListenerContext
    let source: IPAddress
    let sourcePort: UInt16
    /// `source` as text.
    let sourceText: [UInt8]
    /// The field that names `source`, as a line.
    let forwardedFor: [UInt8]
    /// nil without a verified certificate.
    let identity: ClientIdentity?
    /// What the client sent as SNI; empty without TLS or SNI.
    let serverName: [UInt8]
    /// nil: plain.
    let isTLS13: Bool?

    private static let forwardedForName = Array("X-Forwarded-For: ".utf8)

    init(listener: ListenerContext, source: IPAddress, sourcePort: UInt16, identity: ClientIdentity?, serverName: [UInt8], isTLS13: Bool?) {
        self.listener = listener
        self.source = source
        self.sourcePort = sourcePort
        self.identity = identity
        self.serverName = serverName
        self.isTLS13 = isTLS13
        var text: [UInt8] = []
        source.append(to: &text)
        sourceText = text
        forwardedFor = Self.forwardedForName + text + [0x0D, 0x0A]
    }

    /// What routes may depend on of this client and its connection.
    var routeContext: RouteContext {
        RouteContext(identity: identity, source: source, listener: listener.name, serverName: serverName)
    }
}
