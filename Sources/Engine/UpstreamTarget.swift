import Balancing
import Model
import Network
import TLS

/// A server as the workers see it: where to connect and how. A new object takes its place when any of that changes.
final class UpstreamTarget: Sendable {
    let id: ServerID
    let pool: String
    let name: [UInt8]
    let site: [UInt8]?
    /// `HOST:PORT` as configured: the Host field of a check, and of an HTTP/1.0 request without one.
    let authority: [UInt8]
    /// nil until the name has been resolved.
    let address: SocketAddress?
    let tls: ClientTLSMaterial?
    /// Sent as SNI; nil for addresses.
    let serverName: String?
    /// What its certificate must be for; nil: any that verifies.
    let verifiedName: String?
    let keepalive: Bool
    let connectTimeout: Int64
    let responseTimeout: Int64
    let idleTimeout: Int64

    init(
        id: ServerID, pool: String, name: [UInt8], site: [UInt8]?, authority: [UInt8], address: SocketAddress?, tls: ClientTLSMaterial?,
        serverName: String?, verifiedName: String?, keepalive: Bool, connectTimeout: Int64, responseTimeout: Int64, idleTimeout: Int64
    ) {
        self.id = id
        self.pool = pool
        self.name = name
        self.site = site
        self.authority = authority
        self.address = address
        self.tls = tls
        self.serverName = serverName
        self.verifiedName = verifiedName
        self.keepalive = keepalive
        self.connectTimeout = connectTimeout
        self.responseTimeout = responseTimeout
        self.idleTimeout = idleTimeout
    }

    func resolved(to address: SocketAddress?) -> UpstreamTarget {
        UpstreamTarget(
            id: id, pool: pool, name: name, site: site, authority: authority, address: address, tls: tls, serverName: serverName,
            verifiedName: verifiedName, keepalive: keepalive, connectTimeout: connectTimeout, responseTimeout: responseTimeout,
            idleTimeout: idleTimeout)
    }
}
