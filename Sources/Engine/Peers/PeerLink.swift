import Admin
import Model
import Network
import Peers
import Settings

/// What is known of one member besides its connection: when it is called next, what it has acknowledged, what was counted.
struct PeerLink {
    let member: PeersSettings.Member
    var address: SocketAddress?
    var connection: PeerConnection?
    /// Nanoseconds; when it is called next.
    var nextCall: Int64 = 0
    var reconnect = PeerReconnect()
    /// By table: the last update that it acknowledged.
    var acknowledged: [String: UInt32] = [:]
    /// Of the connections that have ended.
    var counters = PeerCounters()
    /// The handshake of the last established connection: nanoseconds; nil: there was none.
    var establishedAt: Int64?
    var connections: UInt64 = 0
    var protocolErrors: UInt64 = 0
    var collisions: UInt64 = 0
    var silences: UInt64 = 0
    /// HAProxy's word in `show peers`.
    var lastStatus = "NONE"
    /// It was asked for all that it has.
    var wasAsked = false

    init(_ member: PeersSettings.Member) {
        self.member = member
        address = member.address.literal.map { SocketAddress(high: $0.high, low: $0.low, port: member.address.port) }
    }

    /// The connection is over.
    mutating func ended(_ session: PeerSession) {
        counters += session.counters
        acknowledged = session.tableCount == 0 ? acknowledged : session.acknowledgedUpdates
        switch session.fault {
        case .silent: silences += 1
        case .some(let fault) where fault.isProtocolError: protocolErrors += 1
        default: break
        }
        lastStatus = PeerLink.status(session.fault)
    }

    private static func status(_ fault: PeerFault?) -> String {
        switch fault {
        case .refused(300): "TRYA"
        case .refused(501), .badHello, .longLine: "PROTO"
        case .refused(502), .badVersion: "VERS"
        case .refused(503), .notForUs: "NAME"
        case .refused(504), .unknownPeer, .ourOwnName: "UNKN"
        case .some(let fault) where fault.isProtocolError: "PROTO"
        default: "CLOS"
        }
    }

    func report(now: Int64) -> PeerReport {
        var report = PeerReport()
        report.name = member.name
        let host = member.address.host
        report.address = host.contains(":") ? "[\(host)]:\(member.address.port)" : "\(host):\(member.address.port)"
        report.isConnected = connection?.isEstablished == true
        report.lastStatus = report.isConnected ? "ESTA" : lastStatus
        report.sinceHandshake = establishedAt.map { (now - $0) / 1_000_000_000 }
        report.untilCall = connection == nil ? max(0, nextCall - now) / 1_000_000_000 : nil
        (report.connections, report.protocolErrors, report.collisions, report.silences) = (
            connections, protocolErrors, collisions, silences
        )
        report.counters = counters
        if let session = connection?.session {
            report.counters += session.counters
            report.lag = session.lag
            report.tables = session.tableStatus
            (report.sentServers, report.receivedServers) = session.dictionaries
        }
        return report
    }
}
