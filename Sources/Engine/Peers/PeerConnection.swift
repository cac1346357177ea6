import Balancing
import Buffers
import Model
import Network
import Peers
import TLS

/// One connection to a peer: moves bytes between its socket and its `PeerSession`, and sticks between that and the pools. On the control loop.
///
/// connecting (ours) → handshake (with TLS) → open → closed; each may go to closed. While `mostPending` bytes wait to be written, no
/// stick is produced; acknowledgements may follow, since two that both only write would wait for each other. With `mostUnsent` nothing is read.
final class PeerConnection: EventTarget {
    private enum Phase { case connecting, handshake, open, closed }

    private let stream: Stream
    private unowned let group: PeerGroup
    private let tls: PeerTLSContexts?
    let isOurs: Bool
    private var phase: Phase
    private(set) var session: PeerSession
    /// Where teaching goes on.
    private var cursor: StickTable.Cursor?
    /// The first of what is written no more, for logs; nil: it is not over, or was closed by us.
    private(set) var reason: String?

    private static let mostPending = 64 << 10
    private static let mostUnsent = 256 << 10
    private static let batchesPerTurn = 20
    private static let readsPerTurn = 16

    init(_ socket: consuming Socket, isOurs: Bool, session: PeerSession, tls: PeerTLSContexts?, group: PeerGroup) {
        self.isOurs = isOurs
        self.session = session
        self.tls = tls
        self.group = group
        phase = isOurs ? .connecting : tls == nil ? .open : .handshake
        stream = Stream(socket, memory: group.memory, isConnected: !isOurs)
        super.init()
        if !isOurs, let tls { stream.startTLS(server: tls.server) }
    }

    /// The name in the caller's verified certificate; nil: called by us, or without TLS.
    var certname: [UInt8]? { stream.session?.identity?.certname }
    var isEstablished: Bool { session.isEstablished && phase == .open }
    var isClosed: Bool { phase == .closed }

    func begin() {
        do {
            try group.loop.add(self, descriptor: stream.descriptor)
        } catch {
            return close(error.description)
        }
        proceed()
    }

    override func handle(_ events: ReadyEvents) {
        stream.note(events)
        proceed()
    }

    override func resume() { proceed() }
    override func deadlinePassed() { proceed() }

    /// Sends what has changed, and does what is due.
    func proceed() {
        guard phase != .closed else { return }
        session.tick(now: group.loop.now)
        if phase == .connecting, stream.canWrite || stream.isHungUp { connected() }
        if phase == .handshake { shakeHands() }
        if phase == .open { exchange() }
        guard phase != .closed else { return }
        if let fault = session.fault {
            _ = flush()
            return close(fault.text)
        }
        if stream.hasFailed { return close("the connection failed") }
        group.loop.setDeadline(self, session.deadline)
    }

    private func connected() {
        let code = stream.takeSocketError()
        guard code == 0 else { return close("cannot connect: \(SystemError("connect", code: code).description)") }
        phase = tls == nil ? .open : .handshake
        if let tls { stream.startTLS(client: tls.client) }
    }

    private func shakeHands() {
        switch stream.handshake() {
        case .done: phase = .open
        case .wantsRead, .wantsWrite: break
        case .failed(let failure): close("TLS: \(failure.reason)")
        }
    }

    private func exchange() {
        for _ in 0..<PeerConnection.readsPerTurn {
            _ = flush()
            guard session.output.count < PeerConnection.mostUnsent, receive() else { break }
            if phase == .closed || session.fault != nil { return }
        }
        produce()
        _ = flush()
        let mayReadOn = stream.mayRead && session.output.count < PeerConnection.mostUnsent
        if phase == .open, mayReadOn, !stream.hasFailed { group.loop.deferWork(self) }
    }

    /// Whether there may be more.
    private func receive() -> Bool {
        let buffer = group.memory.small.take()
        defer { group.memory.small.give(buffer) }
        switch stream.read(into: buffer) {
        case .bytes: break
        case .blocked: return false
        case .endOfStream:
            close(session.isEstablished ? "it closed the connection" : "it closed the connection before it was established")
            return false
        case .failed:
            close("the connection failed")
            return false
        }
        let wasEstablished = session.isEstablished
        session.receive(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count), now: group.loop.now)
        buffer.clear()
        if session.awaitsAcceptance { group.identified(self) }
        if !wasEstablished, session.isEstablished, isOurs { group.established(self) }
        group.learned(session.takeLearned())
        if let isComplete = session.takeResynced() { group.resynced(self, isComplete: isComplete) }
        return phase != .closed
    }

    /// The peer has said its name, and may stay.
    func accept() {
        session.accept(group.tablesToShare(with: session.remote))
        session.resume(now: group.loop.now)
    }

    func requestResync() { session.requestResync(now: group.loop.now) }

    // MARK: Sending

    private func produce() {
        guard session.isEstablished else { return }
        var batches = 0
        while let (table, place) = session.teaching, mayProduce(&batches) {
            if place == 0 { cursor = nil }
            let copies = group.sticks(table: table, from: cursor)
            cursor = copies.next
            let entries = copies.entries(group.keys(table: table)).map(\.entry)
            session.teach(entries, next: copies.next == nil ? nil : place + 1, isUpToDate: group.isUpToDate)
        }
        for table in 0..<session.tableCount {
            while mayProduce(&batches) {
                let after = session.sent(table)
                let copies = group.changes(table: table, after: after)
                guard copies.last != after else { break }
                session.push(copies.entries(group.keys(table: table)), table: table, last: copies.last)
            }
        }
        if batches > PeerConnection.batchesPerTurn { group.loop.deferWork(self) }
    }

    private func mayProduce(_ batches: inout Int) -> Bool {
        batches += 1
        return session.output.count < PeerConnection.mostPending && batches <= PeerConnection.batchesPerTurn
    }

    /// True when nothing waits.
    private func flush() -> Bool {
        guard stream.flushPending() else { return false }
        while !session.output.isEmpty {
            let taken = session.output.withUnsafeBytes { stream.write($0) }
            session.wrote(taken, now: group.loop.now)
            guard taken > 0, stream.flushPending() else { return false }
        }
        return true
    }

    /// - Parameter reason: nil: closed by us, which is no news
    func close(_ reason: String?) {
        guard phase != .closed else { return }
        if reason == nil, phase == .open, session.isEstablished {
            produce()
            _ = flush()
        }
        phase = .closed
        self.reason = reason
        group.loop.remove(self)
        stream.close()
        group.ended(self)
    }
}

/// What TLS connections of a group are made with.
struct PeerTLSContexts {
    let server: ServerTLSContext
    let client: ClientTLSContext

    init(_ material: PeersTLSMaterial) throws(OpenSSLError) {
        server = try ServerTLSContext(material.server, identityFields: { _, _ in [] }, verified: nil)
        client = try ClientTLSContext(material.client)
    }
}
