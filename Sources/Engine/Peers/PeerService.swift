import Admin
import Logging
import Model
import Network
import Peers
import Settings
import TLS

/// Which peers are there? One group for each `peers` section that a pool shares its sticks with. On the control loop.
final class PeerService {
    /// How long a changed stick waits at most until it is sent.
    static let interval = Duration.milliseconds(50)
    private static let lookupInterval: Int64 = 30_000_000_000

    private unowned let server: ProxyServer
    private let names: BackgroundThread
    private let messages: ConnectionMessages
    private var groups: [PeerGroup] = []
    private var lookups: Set<UpstreamAddress> = []
    private var lookedUpAt: Int64 = 0
    private var isClosed = false

    init(_ server: ProxyServer, names: BackgroundThread) {
        self.server = server
        self.names = names
        messages = ConnectionMessages(log: server.log)
    }

    /// At the start and after a reload. A member that is unchanged keeps its connection, unless
    /// the tables, the TLS files or our own name or address have changed.
    func adopt(_ settings: ProxySettings, _ materials: TLSMaterials) {
        guard !isClosed else { return }
        let old = groups
        var kept: [PeerGroup] = []
        var made: [(settings: PeersSettings, tables: [PeerTable], tls: PeersTLSMaterial?)] = []
        for section in settings.peers {
            let tables = PeerService.tables(settings.pools, of: section.name)
            let tls = materials.peers[section.name]
            guard let same = old.first(where: { $0.differsInMembers(from: section, tables, tls) }) else {
                made.append((section, tables, tls))
                continue
            }
            same.adopt(section)
            kept.append(same)
        }
        for group in old where !kept.contains(where: { $0 === group }) { group.close() }
        groups = kept
        for (section, tables, tls) in made {
            do {
                let group = try PeerGroup(section, tables, tls, server: server, messages: messages)
                if let before = old.first(where: { $0.settings.name == section.name }) { group.inherit(before) }
                groups.append(group)
            } catch {
                server.log.error("peers: no TLS context", metadata: ["peers": "\(section.name)", "reason": "\(error.description)"])
            }
        }
        lookUp()
        tick()
    }

    private static func tables(_ pools: [PoolSettings], of section: String) -> [PeerTable] {
        pools.compactMap { pool in
            guard let stick = pool.stick, stick.peers == section else { return nil }
            let keys: PeerKeyType = stick.on == .source ? .ip : .string
            return PeerTable(name: pool.name, keys: keys, expiry: UInt32(clamping: max(1, stick.expire.inMilliseconds)))
        }
    }

    func tick() {
        guard !isClosed else { return }
        for group in groups { group.tick() }
        if !groups.isEmpty, server.loop.now - lookedUpAt >= PeerService.lookupInterval {
            lookUp()
            messages.reportSuppressed(now: server.loop.now)
        }
    }

    private func lookUp() {
        lookedUpAt = server.loop.now
        for name in Set(groups.flatMap(\.names)) where lookups.insert(name).inserted {
            names.perform { [mailbox = server.loop.mailbox] in
                mailbox.post(.peerResolved(name, NameResolver.resolve(name.host, port: name.port)))
            }
        }
    }

    /// - Parameter address: nil: the name has none now, and the known one is kept
    func resolved(_ name: UpstreamAddress, to address: SocketAddress?) {
        lookups.remove(name)
        guard let address else { return }
        for group in groups { group.resolved(name, to: address) }
    }

    func reports() -> [PeersReport] { groups.map { $0.report() } }

    /// Another instance takes over, or the process ends: what has changed is sent, and no peer is spoken to any more.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        for group in groups { group.close() }
    }
}
