import Balancing
import Model
import Routing
import Telemetry

/// Who is at the client's end of a connection: known once its PROXY header and its handshake are done, the same for all its exchanges.
final class ClientContext {
    let listener: ListenerContext
    let source: IPAddress
    /// `source` as text.
    let sourceText: [UInt8]
    /// The field that names `source`, as a line.
    let forwardedFor: [UInt8]
    /// nil without a verified certificate.
    let identity: ClientIdentity?
    /// Whose share of a pool's slots its requests count for.
    let holder: SlotHolder
    /// What the client sent as SNI; empty without TLS or SNI.
    let serverName: [UInt8]
    /// What log lines say of it.
    let forLog: AccessClient
    /// What routes may depend on of this client and its connection.
    let routeContext: RouteContext

    private static let forwardedForName = Array("X-Forwarded-For: ".utf8)

    /// - Parameter isTLS13: nil: plain
    init(listener: ListenerContext, source: IPAddress, sourcePort: UInt16, identity: ClientIdentity?, serverName: [UInt8], isTLS13: Bool?) {
        self.listener = listener
        self.source = source
        self.identity = identity
        self.serverName = serverName
        routeContext = RouteContext(identity: identity, source: source, listener: listener.name, serverName: serverName)
        var text: [UInt8] = []
        source.append(to: &text)
        sourceText = text
        holder = identity.map { SlotHolder($0.foldedCertname, isVerified: true) } ?? SlotHolder(text, isVerified: false)
        forLog = AccessClient(
            listener: listener.name, source: text, sourcePort: sourcePort, certname: identity?.certname ?? [],
            serial: identity?.serial ?? [],
            tls: isTLS13.map { $0 ? .tls13 : .tls12 })
        forwardedFor = Self.forwardedForName + text + [0x0D, 0x0A]
    }
}
