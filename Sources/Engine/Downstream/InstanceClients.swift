import Forwarding
import Model
import Puppet
import TLS

/// The agents whose requests other instances have sent here: who are they? One a worker, so that a certificate is read once, not once a
/// request. Bounded.
final class InstanceClients {
    private struct Key: Hashable {
        let listener: ObjectIdentifier
        let source: [UInt8]
        let certificate: [UInt8]
    }

    private static let bound = 4096
    private var known: [Key: ClientContext] = [:]

    /// The agent that an instance has verified; nil: what it says cannot be read.
    /// - Parameter connection: the instance's own
    func client(_ request: InstanceRequest, on connection: ClientContext) -> ClientContext? {
        let key = Key(listener: ObjectIdentifier(connection.listener), source: request.source, certificate: request.certificate)
        if let client = known[key] { return client }
        guard let source = IPAddress(String(decoding: request.source, as: UTF8.self)) else { return nil }
        var identity: ClientIdentity?
        if !request.certificate.isEmpty {
            identity = ForwardedCertificate.identity(request.certificate) { IdentityHeaders.block(distinguishedName: $0, der: $1) }
            if identity == nil { return nil }
        }
        let client = ClientContext(
            listener: connection.listener, source: source, sourcePort: 0, identity: identity, serverName: [],
            isTLS13: connection.forLog.tls.map { $0 == .tls13 })
        if known.count >= Self.bound { known.removeAll() }
        known[key] = client
        return client
    }

    /// Another configuration: its listeners are others.
    func forgetAll() { known.removeAll() }
}
