import Admin
import Balancing
import Model
import Network
import Peers
import Settings
import TLS

/// The members of one `peers` section: who is connected, who is called when, who was asked for all that it has. On the control loop.
///
/// Of two connections with a member the last that was established stays. This instance is up to date when a member that is has taught it all,
/// or when every connected one was asked.
final class PeerGroup {
    private(set) var settings: PeersSettings
    let tables: [PeerTable]
    let tls: PeersTLSMaterial?
    private unowned let server: ProxyServer
    private let contexts: PeerTLSContexts?
    private let messages: ConnectionMessages
    private var links: [PeerLink]
    private var listener: PeerListener?
    private var hasFailedToListen = false
    private var localAddress: SocketAddress?
    /// Calls whose name is not known yet.
    private var callers: [ObjectIdentifier: PeerConnection] = [:]
    private(set) var isUpToDate = false
    private var isClosing = false
    private var nextListen: Int64 = 0

    private static let mostCallers = 64

    init(_ settings: PeersSettings, _ tables: [PeerTable], _ tls: PeersTLSMaterial?, server: ProxyServer, messages: ConnectionMessages)
        throws(OpenSSLError)
    {
        self.settings = settings
        self.tables = tables
        self.tls = tls
        self.server = server
        self.messages = messages
        contexts = try tls.map { material throws(OpenSSLError) in try PeerTLSContexts(material) }
        links = settings.others.map { PeerLink($0) }
        localAddress = settings.localAddress.flatMap { address in
            address.literal.map { SocketAddress(high: $0.high, low: $0.low, port: address.port) }
        }
    }

    var loop: EventLoop<ControlMessage> { server.loop }
    var memory: TransferMemory { server.administration.memory }

    // MARK: Time

    func tick() {
        guard !isClosing else { return }
        listenIfNeeded()
        for index in links.indices {
            if let connection = links[index].connection {
                if connection.isEstablished { connection.proceed() }
            } else if links[index].nextCall <= loop.now {
                call(index)
            }
        }
    }

    private func listenIfNeeded() {
        guard listener == nil, let localAddress, nextListen <= loop.now else { return }
        do {
            listener = try PeerListener(localAddress, group: self)
            hasFailedToListen = false
        } catch {
            nextListen = loop.now + 1_000_000_000
            if !hasFailedToListen {
                server.log.error(
                    "cannot listen for peers", metadata: ["peers": "\(settings.name)", "reason": "\(error.description)"])
            }
            hasFailedToListen = true
        }
    }

    private func call(_ index: Int) {
        guard let address = links[index].address else {
            links[index].nextCall = loop.now + 5_000_000_000
            return
        }
        let name = links[index].member.name
        do {
            let socket = try Socket.connect(to: address, keepalive: true)
            let session = PeerSession(calling: name, from: settings.local, tablesToShare(with: name), now: loop.now)
            let connection = PeerConnection(socket, isOurs: true, session: session, tls: contexts, group: self)
            links[index].connection = connection
            links[index].connections += 1
            connection.begin()
        } catch {
            links[index].nextCall = loop.now + links[index].reconnect.afterFailure(random: .random(in: 0 ... .max))
        }
    }

    /// The addresses of members whose names are looked up.
    var names: [UpstreamAddress] { settings.members.map(\.address).filter { $0.literal == nil } }

    func resolved(_ name: UpstreamAddress, to address: SocketAddress) {
        if settings.localAddress == name { localAddress = address }
        for index in links.indices where links[index].member.address == name { links[index].address = address }
    }

    // MARK: Connections

    func called(_ socket: consuming Socket, from source: IPAddress) {
        guard !isClosing, callers.count < PeerGroup.mostCallers else {
            return messages.peer(.peerRejected, section: settings.name, name: source.description, reason: "too many calls at once")
        }
        let session = PeerSession(calledAs: settings.local, members: Set(links.map(\.member.name)), now: loop.now)
        let connection = PeerConnection(socket, isOurs: false, session: session, tls: contexts, group: self)
        callers[ObjectIdentifier(connection)] = connection
        connection.begin()
    }

    /// A caller has said its name.
    func identified(_ connection: PeerConnection) {
        guard let index = index(of: connection.session.remote) else { return connection.close("its name is not among the members") }
        guard tls == nil || isCertified(connection, links[index].member) else {
            return connection.close("its certificate is for another name than \(links[index].member.name)")
        }
        callers[ObjectIdentifier(connection)] = nil
        if let old = links[index].connection {
            // Taken out first: its end is not the member's.
            links[index].connection = nil
            links[index].ended(old.session)
            if old.isEstablished { links[index].collisions += 1 }
            old.close(nil)
            links[index].nextCall = loop.now + PeerReconnect.afterCollision(random: .random(in: 0 ... .max))
        }
        links[index].connection = connection
        links[index].connections += 1
        connection.accept()
        if connection.session.isEstablished { established(connection) }
    }

    /// Its certificate has the member's name, or the name in the member's address: one CA may have issued others too.
    private func isCertified(_ connection: PeerConnection, _ member: PeersSettings.Member) -> Bool {
        guard let certname = connection.certname else { return false }
        return [member.name, member.address.host].contains { $0.utf8.elementsEqual(certname) }
    }

    func established(_ connection: PeerConnection) {
        guard let index = index(of: connection.session.remote) else { return }
        links[index].reconnect.succeeded()
        links[index].establishedAt = loop.now
        messages.peer(.peerConnected, section: settings.name, name: links[index].member.name)
        askForAll()
    }

    func ended(_ connection: PeerConnection) {
        if callers.removeValue(forKey: ObjectIdentifier(connection)) != nil {
            guard let fault = connection.session.fault ?? (connection.reason == nil ? nil : .badHello), !isClosing else { return }
            let reason = connection.session.fault == nil ? connection.reason ?? "" : fault.text
            return messages.peer(.peerRejected, section: settings.name, name: "", reason: reason)
        }
        guard let index = links.firstIndex(where: { $0.connection === connection }) else { return }
        links[index].connection = nil
        links[index].ended(connection.session)
        links[index].nextCall = loop.now + links[index].reconnect.afterFailure(random: .random(in: 0 ... .max))
        guard !isClosing else { return }
        let isNews = links[index].establishedAt != nil || connection.session.fault?.isProtocolError == true
        let reason = connection.reason ?? "closed"
        // One that cannot be reached is reported once.
        if isNews || links[index].connections == 1 {
            messages.peer(.peerLost, section: settings.name, name: links[index].member.name, reason: reason)
        }
        links[index].establishedAt = nil
        askForAll()
    }

    private func index(of name: String) -> Int? { links.firstIndex { $0.member.name == name } }

    // MARK: Resync

    private func askForAll() {
        guard !isUpToDate, !isClosing, !links.contains(where: { $0.connection?.session.isLearning == true }) else { return }
        let connected = links.indices.filter { links[$0].connection?.isEstablished == true }
        guard !connected.isEmpty else { return }
        guard let index = connected.first(where: { !links[$0].wasAsked }) else {
            isUpToDate = true
            return
        }
        links[index].wasAsked = true
        links[index].connection?.requestResync()
        if let connection = links[index].connection { loop.deferWork(connection) }
    }

    func resynced(_ connection: PeerConnection, isComplete: Bool) {
        if isComplete { isUpToDate = true }
        askForAll()
    }

    // MARK: Reload

    /// Whether these settings differ in members alone, whose connections can come and go one by one.
    func differsInMembers(from other: PeersSettings, _ tables: [PeerTable], _ tls: PeersTLSMaterial?) -> Bool {
        settings.name == other.name && settings.local == other.local && settings.localAddress == other.localAddress
            && self.tables == tables && self.tls?.server === tls?.server && self.tls?.client === tls?.client
    }

    /// Members that are unchanged keep their connections.
    func adopt(_ new: PeersSettings) {
        settings = new
        let old = links
        links = new.others.map { member in old.first { $0.member == member } ?? PeerLink(member) }
        for link in old where !new.others.contains(link.member) { link.connection?.close(nil) }
    }

    /// What a reload keeps of it.
    func inherit(_ old: PeerGroup) { isUpToDate = old.isUpToDate && old.tables == tables }

    // MARK: Sticks

    func tablesToShare(with name: String) -> [(PeerTable, resuming: UInt32)] {
        let known = index(of: name).map { links[$0].acknowledged } ?? [:]
        return tables.map { table in
            let (acknowledged, last) = (known[table.name] ?? 0, server.pools[table.name]?.lastStickChange ?? 0)
            // Of a table that began again, all is new.
            return (table, Int32(bitPattern: acknowledged &- last) > 0 ? 0 : acknowledged)
        }
    }

    func keys(table: Int) -> PeerKeyType { tables.indices.contains(table) ? tables[table].keys : .string }

    func sticks(table: Int, from cursor: StickTable.Cursor?) -> StickCopies {
        guard tables.indices.contains(table), let pool = server.pools[tables[table].name] else { return StickCopies() }
        return pool.sticks(from: cursor, limit: PeerSession.batch, now: server.now)
    }

    func changes(table: Int, after number: UInt32) -> StickCopies {
        guard tables.indices.contains(table), let pool = server.pools[tables[table].name] else { return StickCopies(last: number) }
        return pool.stickChanges(after: number, limit: PeerSession.batch, now: server.now)
    }

    func learned(_ entries: [(table: Int, entry: PeerEntry)]) {
        guard !entries.isEmpty else { return }
        for (index, table) in tables.enumerated() {
            let sticks = entries.compactMap { item -> LearnedStick? in
                guard item.table == index, let key = PeerKeys.forPool(item.entry.key, table.keys) else { return nil }
                return LearnedStick(
                    key: key, server: item.entry.server, number: item.entry.serverNumber,
                    left: item.entry.remaining.map { .milliseconds(Int64($0)) })
            }
            if !sticks.isEmpty { server.pools[table.name]?.handle(.learn(sticks), now: server.now) }
        }
    }

    // MARK: The end

    func report() -> PeersReport {
        var report = PeersReport()
        (report.name, report.local) = (settings.name, settings.local)
        report.localAddress = localAddress?.text ?? ""
        report.isUpToDate = isUpToDate
        report.members = links.map { $0.report(now: loop.now) }
        report.tables = tables.map { ($0.name, server.pools[$0.name]?.lastStickChange ?? 0) }
        return report
    }

    func close() {
        guard !isClosing else { return }
        isClosing = true
        listener?.close()
        listener = nil
        for connection in links.compactMap(\.connection) + Array(callers.values) { connection.close(nil) }
    }
}
