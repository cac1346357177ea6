import Balancing
import Model
import Network
import Settings
import Synchronization
import TLS

/// A server as the workers see it: where to connect and how. A new object takes its place when any of that changes.
final class UpstreamTarget: Sendable {
    let id: ServerID
    let pool: String
    let name: [UInt8]
    /// `HOST:PORT` as configured: the Host field of an HTTP/1.0 request without one, and of a check where nothing better is known.
    let authority: [UInt8]
    /// nil until the name has been resolved.
    let address: SocketAddress?
    let tls: ClientTLSMaterial?
    /// Otherwise HTTP/1.1.
    let speaksHTTP2: Bool
    /// Not a server but another instance, which chooses one.
    let isInstance: Bool
    /// nil: no SNI is sent.
    let sni: String?
    /// The name or address that its certificate must have.
    let verifyName: String
    let verify: UpstreamTLSSettings.Verify
    let keepalive: Bool
    let connectTimeout: Int64
    let responseTimeout: Int64
    let idleTimeout: Int64
    /// Idle connections of all workers.
    let idleCount = Atomic(0)
    /// Established connections as HTTP/2 of all workers, and how many there have been.
    let http2Count = Atomic(0)
    let http2Total = Atomic(0)

    init(
        id: ServerID, pool: String, name: [UInt8], authority: [UInt8], address: SocketAddress?, tls: ClientTLSMaterial?,
        speaksHTTP2: Bool, isInstance: Bool = false, sni: String?, verifyName: String, verify: UpstreamTLSSettings.Verify, keepalive: Bool,
        connectTimeout: Int64,
        responseTimeout: Int64,
        idleTimeout: Int64
    ) {
        self.id = id
        self.pool = pool
        self.name = name
        self.authority = authority
        self.address = address
        self.tls = tls
        self.speaksHTTP2 = speaksHTTP2
        self.isInstance = isInstance
        self.sni = sni
        self.verifyName = verifyName
        self.verify = verify
        self.keepalive = keepalive
        self.connectTimeout = connectTimeout
        self.responseTimeout = responseTimeout
        self.idleTimeout = idleTimeout
    }

    func leadsTheSameWay(as other: UpstreamTarget) -> Bool {
        id == other.id && pool == other.pool && name == other.name && authority == other.authority
            && address == other.address && tls === other.tls && speaksHTTP2 == other.speaksHTTP2 && isInstance == other.isInstance
            && sni == other.sni
            && verifyName == other.verifyName && verify == other.verify
            && keepalive == other.keepalive && connectTimeout == other.connectTimeout && responseTimeout == other.responseTimeout
            && idleTimeout == other.idleTimeout
    }

    func resolved(to address: SocketAddress?) -> UpstreamTarget {
        UpstreamTarget(
            id: id, pool: pool, name: name, authority: authority, address: address, tls: tls, speaksHTTP2: speaksHTTP2,
            isInstance: isInstance, sni: sni, verifyName: verifyName, verify: verify, keepalive: keepalive, connectTimeout: connectTimeout,
            responseTimeout: responseTimeout,
            idleTimeout: idleTimeout)
    }
}

extension UpstreamTarget {
    /// How workers reach a server, from its settings.
    /// - Parameter known: the address that its name had before a reload
    convenience init(_ server: ServerState, pool: PoolSettings, materials: TLSMaterials, known: SocketAddress?) {
        let address = server.settings.address
        let literal = address.literal.map { SocketAddress(high: $0.high, low: $0.low, port: address.port) }
        let isV6 = address.host.contains(":")
        let tls = pool.tls(of: server.settings)
        let sameAddress = known.map { SocketAddress(high: $0.high, low: $0.low, port: address.port) }
        self.init(
            id: server.id, pool: pool.name, name: Array(server.name.utf8),
            authority: Array((isV6 ? "[\(address.host)]:\(address.port)" : "\(address.host):\(address.port)").utf8),
            address: literal ?? sameAddress, tls: materials.upstream(tls),
            speaksHTTP2: pool.wireProtocol == .http2 || server.settings.isInstance, isInstance: server.settings.isInstance,
            sni: tls?.sentName(host: address.host),
            verifyName: tls?.verifyName ?? address.host, verify: tls?.verify ?? .hostname, keepalive: pool.keepalive,
            connectTimeout: pool.timeouts.connect.inNanoseconds, responseTimeout: pool.timeouts.response.inNanoseconds,
            idleTimeout: pool.timeouts.idle.inNanoseconds)
    }
}
