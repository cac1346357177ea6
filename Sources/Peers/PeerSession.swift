/// What do we say to a peer, and what does what it says mean? One connection of HAProxy's peers protocol 2.1 (haproxy-wire 1): bytes and the
/// time go in, bytes and learned sticks come out. Symmetric but for the greeting.
///
/// greeting (the caller waits for a status, the one called for three lines) → established → ended; each may go to ended.
/// Output stays in `output` until `wrote` takes it; sticks to send are asked for by `teaching` and `sent`, so that nothing is produced
/// while much waits. Explicit update numbers are always sent (1.8.1), and the full form of a definition at each change of table.
package struct PeerSession: Sendable {
    package enum Phase: Sendable { case awaitingStatus, awaitingVersion, awaitingOurName, awaitingName, established, ended }

    /// Updates in one turn, as HAProxy's tune.peers.max-updates-at-once.
    package static let batch = 200
    private static let heartbeat: Int64 = 3_000_000_000
    /// Between acknowledgements.
    private static let acknowledgement: Int64 = 40_000_000
    private static let death: Int64 = 5_000_000_000
    /// A resync without an end: so long without an update, and so long in all.
    private static let resyncSilence: Int64 = 5_000_000_000
    private static let resyncLimit: Int64 = 60_000_000_000
    private static let mostDefinitions = 256

    package private(set) var phase: Phase
    /// Its name: known from the start by the caller, else when it has said it.
    package private(set) var remote: String
    package private(set) var fault: PeerFault?
    package private(set) var output: [UInt8] = []
    package private(set) var counters = PeerCounters()
    /// Sticks that were received and not taken yet, by the table's index.
    package private(set) var learned: [(table: Int, entry: PeerEntry)] = []
    /// The peer was asked for all that it has, and has not ended.
    package private(set) var isLearning = false
    /// A resync that has ended since this was last taken: whether the peer was up to date itself.
    package private(set) var resynced: Bool?

    private let local: String
    private let members: Set<String>
    private var minor: Int
    private var reader = PeerFrameReader()
    private var tables: [SharedTable]
    private var definitions: [UInt64: PeerDefinition] = [:]
    /// The peer's table that its updates are for, and ours of that name.
    private var current: (definition: PeerDefinition, table: Int, form: PeerKeyForm)?
    private var receivedServers = ReceivedServers()
    private var sentServers = SentServers()
    /// Our table that the peer expects updates of, and in which form.
    private var announced: (table: Int, form: PeerKeyForm)?
    /// Where to go on with teaching; nil: nothing is taught.
    private var teach: (table: Int, place: Int, isRequested: Bool)?
    private var lastReceived: Int64
    private var lastSent: Int64
    private var lastAcknowledged: Int64 = -1 << 62
    private var learningSince: Int64 = 0
    private var lastUpdate: Int64 = 0

    /// - Parameter resuming: the last acknowledged update of each table
    package init(calling remote: String, from local: String, minor: Int = 1, _ tables: [(PeerTable, resuming: UInt32)], now: Int64) {
        phase = .awaitingStatus
        (self.remote, self.local, self.minor, members) = (remote, local, minor, [])
        self.tables = tables.map { SharedTable($0, resumingAfter: $1) }
        (lastReceived, lastSent) = (now, now)
        output = PeerHello.lines(to: remote, from: local, minor: minor)
    }

    /// - Parameter members: whose calls are taken, without `local`
    package init(calledAs local: String, members: Set<String>, now: Int64) {
        phase = .awaitingVersion
        (remote, self.local, minor, self.members) = ("", local, 1, members)
        tables = []
        (lastReceived, lastSent) = (now, now)
    }

    /// Greets a caller whose name is known now, `phase` being `awaitingName` no more.
    package mutating func accept(_ tables: [(PeerTable, resuming: UInt32)]) {
        self.tables = tables.map { SharedTable($0, resumingAfter: $1) }
        output += PeerHello.status(PeerHello.ok)
        (phase, awaitsAcceptance) = (.established, false)
    }

    package var isEstablished: Bool { phase == .established }
    /// The caller has said its name, and waits for `accept`.
    package private(set) var awaitsAcceptance = false

    // MARK: Time

    /// When `tick` has something to do.
    package var deadline: Int64 {
        var first = minor == 0 && isEstablished ? Int64.max : lastReceived + PeerSession.death
        if isEstablished { first = min(first, lastSent + PeerSession.heartbeat) }
        if isLearning { first = min(first, lastUpdate + PeerSession.resyncSilence, learningSince + PeerSession.resyncLimit) }
        return first
    }

    package mutating func tick(now: Int64) {
        guard phase != .ended else { return }
        if now - lastReceived >= PeerSession.death, minor > 0 || !isEstablished { return end(.silent) }
        if isLearning, now - lastUpdate >= PeerSession.resyncSilence || now - learningSince >= PeerSession.resyncLimit {
            isLearning = false
            resynced = false
        }
        if isEstablished, now - lastAcknowledged >= PeerSession.acknowledgement { acknowledge(now) }
        if isEstablished, output.isEmpty, now - lastSent >= PeerSession.heartbeat {
            output.appendControl(4)
            counters.heartbeatsSent += 1
        }
    }

    /// So many bytes of `output` were written.
    package mutating func wrote(_ count: Int, now: Int64) {
        output.removeFirst(min(count, output.count))
        if count > 0 { lastSent = now }
    }

    // MARK: Receiving

    package mutating func receive(_ bytes: UnsafeRawBufferPointer, now: Int64) {
        guard phase != .ended, !bytes.isEmpty else { return }
        lastReceived = now
        reader.append(bytes)
        do throws(PeerFault) {
            try proceed(now)
        } catch {
            fail(error)
        }
    }

    /// Goes on with what was received before `accept`.
    package mutating func resume(now: Int64) {
        do throws(PeerFault) {
            try proceed(now)
        } catch {
            fail(error)
        }
    }

    private mutating func proceed(_ now: Int64) throws(PeerFault) {
        while phase != .established, phase != .ended, !awaitsAcceptance {
            guard let line = try reader.line(limit: PeerHello.longestLine) else { return }
            try greet(line)
        }
        while phase == .established, let message = try reader.next() { try take(message.kind, message.content, now) }
    }

    private mutating func greet(_ line: ArraySlice<UInt8>) throws(PeerFault) {
        switch phase {
        case .awaitingStatus:
            guard let code = PeerHello.code(line) else { throw .badHello }
            guard code == PeerHello.ok else { return end(.refused(code)) }
            phase = .established
        case .awaitingVersion:
            minor = try PeerHello.minor(line)
            phase = .awaitingOurName
        case .awaitingOurName:
            guard PeerHello.name(line) == local else { throw .notForUs }
            phase = .awaitingName
        case .awaitingName:
            let name = PeerHello.name(line)
            guard name != local else { throw .ourOwnName }
            guard members.contains(name) else { throw .unknownPeer }
            remote = name
            awaitsAcceptance = true
        case .established, .ended: break
        }
    }

    private mutating func fail(_ fault: PeerFault) {
        if phase == .established {
            switch fault {
            case .tooLong: output += [1, 1]
            case .malformed, .reserved: output += [1, 0]
            default: break
            }
        } else if phase != .awaitingStatus, let code = PeerHello.code(of: fault) {
            output += PeerHello.status(code)
        }
        end(fault)
    }

    private mutating func end(_ fault: PeerFault) {
        guard phase != .ended else { return }
        phase = .ended
        self.fault = fault
    }

    // MARK: Messages

    private mutating func take(_ kind: PeerMessageKind, _ content: ArraySlice<UInt8>, _ now: Int64) throws(PeerFault) {
        switch kind {
        case .heartbeat: counters.heartbeatsReceived += 1
        case .resyncRequest: teach = (0, 0, true)
        case .resyncFinished, .resyncPartial:
            output.appendControl(3)
            if isLearning { resynced = kind == .resyncFinished }
            isLearning = false
        case .resyncConfirm: counters.confirmations += 1
        case .protocolError: throw .peerSaysProtocolError
        case .sizeLimit: throw .peerSaysSizeLimit
        case .reserved: throw .reserved
        case .definition: try define(content)
        case .tableSwitch:
            var reader = ByteReader(content)
            guard let id = reader.varint() else { throw .malformed }
            current = definitions[id].flatMap(table)
        case .acknowledgement: try acknowledged(content)
        case .update, .incrementalUpdate, .timedUpdate, .timedIncrementalUpdate:
            lastUpdate = now
            try update(kind, content)
        case .unknown: break
        }
    }

    /// nil: we have no such table.
    private func table(for definition: PeerDefinition) -> (definition: PeerDefinition, table: Int, form: PeerKeyForm)? {
        for (index, shared) in tables.enumerated() where shared.table.name == definition.name {
            guard let form = PeerKeyForm(definition, for: shared.table.keys) else { continue }
            return (definition, index, form)
        }
        return nil
    }

    private mutating func define(_ content: ArraySlice<UInt8>) throws(PeerFault) {
        guard let definition = PeerDefinition(content) else { throw .malformed }
        if definitions.count >= PeerSession.mostDefinitions, definitions[definition.id] == nil { definitions.removeAll() }
        definitions[definition.id] = definition
        current = table(for: definition)
        guard let (_, index, form) = current else { return }
        // The first one counts: puppetfront's table of addresses has two forms by turns.
        let isFirst = tables[index].remoteID == nil
        tables[index].remoteID = definition.id
        tables[index].remoteData = definition.data
        guard isFirst, form != tables[index].form else { return }
        // What was sent in another form was ignored: all of it is sent again.
        tables[index].form = form
        if teach == nil { teach = (index, 0, false) } else { teach = (0, 0, teach?.isRequested ?? false) }
    }

    private mutating func update(_ kind: PeerMessageKind, _ content: ArraySlice<UInt8>) throws(PeerFault) {
        guard let (definition, index, form) = current else { return }
        var reader = ByteReader(content)
        var id = tables[index].received &+ 1
        if kind.hasID {
            guard let given = reader.uint32() else { throw .malformed }
            id = given
        }
        var remaining: UInt32?
        if kind.hasExpiry {
            guard let given = reader.uint32() else { throw .malformed }
            remaining = given
        }
        guard let key = form.read(&reader) else { throw .malformed }
        let data = try PeerUpdateData.read(&reader, definition, &receivedServers)
        tables[index].received = id
        counters.updatesReceived += 1
        if let left = remaining { remaining = min(left, tables[index].table.expiry) }
        guard remaining != 0, !key.isEmpty, !data.server.isEmpty || data.number > 0 else { return }
        learned.append((index, PeerEntry(key: key, server: data.server, serverNumber: data.number, remaining: remaining)))
    }

    private mutating func acknowledged(_ content: ArraySlice<UInt8>) throws(PeerFault) {
        var reader = ByteReader(content)
        guard let id = reader.varint(), let update = reader.uint32() else { throw .malformed }
        guard id >= 1, id <= UInt64(tables.count) else { return }
        let index = Int(id) - 1
        // HAProxy 3.3 swaps the bytes of some (1.8.1): what was never sent is no error.
        guard SharedTable.isLater(update, than: tables[index].acknowledged), !SharedTable.isLater(update, than: tables[index].sent) else {
            return
        }
        tables[index].acknowledged = update
    }

    private mutating func acknowledge(_ now: Int64) {
        lastAcknowledged = now
        for index in tables.indices where tables[index].received != tables[index].confirmed {
            guard let remote = tables[index].remoteID else { continue }
            tables[index].confirmed = tables[index].received
            var content: [UInt8] = []
            Varint.append(remote, to: &content)
            content.append(bigEndian: tables[index].received)
            output.appendMessage(0x84, content)
        }
    }

    /// The learned sticks, each once.
    package mutating func takeLearned() -> [(table: Int, entry: PeerEntry)] {
        defer { learned.removeAll(keepingCapacity: learned.count < 1024) }
        return learned
    }

    package mutating func takeResynced() -> Bool? {
        defer { resynced = nil }
        return resynced
    }

    // MARK: Sending

    /// Asks the peer for all that it has.
    package mutating func requestResync(now: Int64) {
        guard isEstablished, !isLearning else { return }
        output.appendControl(0)
        (isLearning, learningSince, lastUpdate) = (true, now, now)
    }

    package var tableCount: Int { tables.count }

    /// The table to teach next, and from which place of it on; nil: nothing is to be taught.
    package var teaching: (table: Int, place: Int)? {
        guard isEstablished, let teach else { return nil }
        return (teach.table, teach.place)
    }

    /// - Parameters:
    ///   - next: where that table goes on; nil: it is at its end
    ///   - isUpToDate: whether we have all that the peers know
    package mutating func teach(_ entries: [PeerEntry], next: Int?, isUpToDate: Bool) {
        guard let (table, _, isRequested) = teach else { return }
        if tables.indices.contains(table) {
            announce(table, tables[table].form)
            for entry in entries { write(entry, table, id: tables[table].sent, isTimed: minor > 0) }
        }
        if let next {
            teach = (table, next, isRequested)
        } else if isRequested, table + 1 < tables.count {
            teach = (table + 1, 0, true)
        } else {
            teach = nil
            if isRequested { output.appendControl(isUpToDate ? 1 : 2) }
        }
    }

    /// The change after which this table's are still to be sent.
    package func sent(_ table: Int) -> UInt32 { tables[table].sent }

    /// - Parameter last: of the changes that were looked at
    package mutating func push(_ changes: [(id: UInt32, entry: PeerEntry)], table: Int, last: UInt32) {
        guard isEstablished, tables.indices.contains(table) else { return }
        for change in changes {
            if write(change.entry, table, id: change.id, isTimed: false) { tables[table].written = change.id }
        }
        tables[table].sent = last
    }

    private mutating func announce(_ table: Int, _ form: PeerKeyForm) {
        guard announced?.table != table || announced?.form != form else { return }
        announced = (table, form)
        output.appendMessage(0x82, PeerDefinition.bytes(id: table + 1, tables[table].table, form))
    }

    /// The table's form has no place for an IPv6 address where HAProxy's has `type ip`, which ignores what is defined otherwise; puppetfront
    /// takes both.
    private func form(_ table: Int, for key: [UInt8]) -> PeerKeyForm {
        let form = tables[table].form
        return form.type == .ip && !PeerKeyForm.isV4(key) ? PeerKeyForm(.ipv6) : form
    }

    /// - Returns: whether every peer acknowledges it
    @discardableResult private mutating func write(_ entry: PeerEntry, _ table: Int, id: UInt32, isTimed: Bool) -> Bool {
        let form = form(table, for: entry.key)
        var content: [UInt8] = []
        content.append(bigEndian: id)
        if isTimed { content.append(bigEndian: entry.remaining ?? tables[table].table.expiry) }
        guard form.append(entry.key, to: &content) else { return false }
        announce(table, form)
        Varint.append(UInt64(max(entry.serverNumber, 0)), to: &content)
        sentServers.append(entry.server, to: &content)
        output.appendMessage(isTimed ? 0x85 : 0x80, content)
        counters.updatesSent += 1
        return form == tables[table].form
    }

    // MARK: Reports

    package var lag: Int { tables.reduce(0) { $0 + $1.lag } }
    package var acknowledgedUpdates: [String: UInt32] {
        Dictionary(tables.map { ($0.table.name, $0.acknowledged) }) { first, _ in first }
    }
    /// The names that have numbers: what we sent, what the peer sent.
    package var dictionaries: (sent: [(name: [UInt8], number: Int)], received: [[UInt8]]) { (sentServers.all, receivedServers.all) }

    package var tableStatus: [PeerTableStatus] {
        tables.enumerated().map { index, table in
            var status = PeerTableStatus()
            (status.name, status.localID) = (table.table.name, index + 1)
            (status.remoteID, status.remoteData) = (table.remoteID ?? 0, table.remoteData)
            (status.lastAcknowledged, status.lastPushed) = (table.confirmed, table.sent)
            (status.lastReceived, status.update, status.lag) = (table.received, table.acknowledged, table.lag)
            return status
        }
    }
}
