import Buffers
import Network
import TLS

/// A connection's two directions as plaintext: a socket, with TLS over it or without.
///
/// Readiness is edge-triggered: `canRead` and `canWrite` say whether a system call is worth while; a short read means the socket is empty
/// (unless the peer has closed, then it is read to its end). What the socket does not take of written bytes is kept in `pending`, and
/// nothing more is taken until that is gone: a slow peer holds one buffer at most.
final class Stream: CipherTransport {
    private var socket: Socket?
    let descriptor: Int32
    private(set) var session: TLSSession?
    private let memory: TransferMemory
    private(set) var canRead: Bool
    private(set) var canWrite: Bool
    /// The peer has said that it sends no more (its last bytes may still wait in the socket).
    private(set) var peerClosed = false
    /// Both directions have ended: a reset, or an error.
    private(set) var isHungUp = false
    private(set) var hasFailed = false
    /// Any byte was received or sent.
    private(set) var hasReceived = false
    private(set) var hasSent = false
    private var pending: ByteBuffer?

    /// - Parameter isConnected: false for a connection that is being made: nothing can be read or written until an event says so
    init(_ socket: consuming Socket, memory: TransferMemory, isConnected: Bool = true) {
        canRead = isConnected
        canWrite = isConnected
        descriptor = socket.number
        self.socket = consume socket
        self.memory = memory
    }

    func startTLS(server context: ServerTLSContext) {
        hasReceived = false
        session = TLSSession(server: context, transport: self)
        if session == nil { fail() }
    }

    func startTLS(client context: ClientTLSContext, target: UpstreamTarget) {
        session = TLSSession(
            client: context, sni: target.sni, verifyName: target.verifyName, verify: target.verify, offersHTTP2: target.speaksHTTP2,
            transport: self)
        if session == nil { fail() }
    }

    /// To a peer whose certificate is verified, but no name in it.
    func startTLS(client context: ClientTLSContext) {
        session = TLSSession(client: context, sni: nil, verifyName: nil, verify: .ca, transport: self)
        if session == nil { fail() }
    }

    /// There is no memory for what the connection needs: nothing of it can be trusted any more.
    func fail() {
        hasFailed = true
        memory.noteFailure()
    }

    func note(_ events: ReadyEvents) {
        if events.contains(.readable) || !events.isDisjoint(with: [.peerClosed, .hungUp]) { canRead = true }
        if events.contains(.writable) { canWrite = true }
        if !events.isDisjoint(with: [.peerClosed, .hungUp]) { peerClosed = true }
        if !events.isDisjoint(with: .hungUp) { isHungUp = true }
    }

    var hasPendingOutput: Bool { pending != nil }
    /// nil: plain.
    private(set) var isTLS13: Bool?

    // MARK: Reading

    /// Whether a read may give something: bytes, or the end.
    var mayRead: Bool { canRead || session?.hasPending == true }

    /// Fills the room behind `buffer.end`, at most `limit` bytes of it. `.blocked`: everything received was read.
    func read(into buffer: ByteBuffer, limit: Int = .max) -> TransferResult {
        guard !buffer.isVoid else {
            fail()
            return .failed
        }
        let room = UnsafeMutableRawBufferPointer(start: buffer.base + buffer.end, count: min(buffer.room, limit))
        let result: TransferResult
        if let session {
            result = session.read(into: room)
            flushGathered()
        } else {
            result = receive(into: room)
        }
        if case .bytes(let count) = result { buffer.end += count }
        if result == .failed { hasFailed = true }
        return result
    }

    /// `CipherTransport`: a system call only where one is worth while.
    func receive(into room: UnsafeMutableRawBufferPointer) -> TransferResult {
        guard canRead, socket != nil else { return socket == nil ? .failed : .blocked }
        let result = socket!.receive(into: room)
        switch result {
        case .bytes(let count):
            hasReceived = true
            if count < room.count, !peerClosed { canRead = false }
        case .blocked: canRead = false
        case .endOfStream: peerClosed = true
        case .failed: hasFailed = true
        }
        return result
    }

    /// Reads and drops what was received, ciphertext as it is: a session that failed reads nothing any more. `.bytes`: there may be more.
    func discardInput() -> TransferResult {
        let scratch = memory.large.take()
        defer { memory.large.give(scratch) }
        var result = TransferResult.blocked
        for _ in 0..<16 {
            result = receive(into: UnsafeMutableRawBufferPointer(start: scratch.base, count: scratch.capacity))
            guard case .bytes = result else { return result }
        }
        return result
    }

    // MARK: Writing

    /// How many of `bytes` were taken: all, fewer where the peer is slow, none where it is slower still. Look at `hasFailed` then.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard pending == nil, canWrite, !hasFailed else { return 0 }
        guard let session else { return writePlain(bytes) }
        var taken = 0
        while taken < bytes.count, pending == nil, !hasFailed {
            switch session.write(UnsafeRawBufferPointer(rebasing: bytes[taken...])) {
            case .bytes(let count): taken += count
            case .blocked: if memory.gather.isEmpty { return taken }
            case .endOfStream, .failed: hasFailed = true
            }
            flushGathered()
        }
        return taken
    }

    private func writePlain(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard socket != nil else { return 0 }
        switch socket!.send(bytes) {
        case .bytes(let count):
            if count < bytes.count { canWrite = false }
            return count
        case .blocked:
            canWrite = false
        case .endOfStream, .failed:
            hasFailed = true
        }
        return 0
    }

    /// `CipherTransport`: whole or not at all.
    func gather(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        guard memory.gather.room >= bytes.count else { return .blocked }
        memory.gather.append(bytes)
        return .bytes(bytes.count)
    }

    /// Sends what TLS has gathered; the rest waits in `pending`.
    private func flushGathered() {
        let gathered = memory.gather
        guard !gathered.isEmpty else { return }
        guard socket != nil else { return gathered.clear() }
        if let pending {
            // TLS answers while earlier bytes still wait (an alert, a key update): behind them, or the connection is given up.
            pending.compact()
            let rest = UnsafeRawBufferPointer(start: gathered.base + gathered.start, count: gathered.count)
            if pending.append(rest) < rest.count { hasFailed = true }
            return gathered.clear()
        }
        hasSent = true
        if canWrite {
            switch socket!.send(UnsafeRawBufferPointer(start: gathered.base + gathered.start, count: gathered.count)) {
            case .bytes(let count): gathered.consume(count)
            case .blocked: canWrite = false
            case .endOfStream, .failed:
                hasFailed = true
                return gathered.clear()
            }
        }
        guard !gathered.isEmpty else { return gathered.clear() }
        canWrite = false
        // From here on the bytes may be those of another buffer: `gathered` is not touched any more.
        pending = memory.detachGathered()
        if pending == nil { fail() }
    }

    /// Sends what waited. True when nothing waits any more.
    func flushPending() -> Bool {
        guard let waiting = pending else { return true }
        guard canWrite, socket != nil, !hasFailed else { return false }
        switch socket!.send(UnsafeRawBufferPointer(start: waiting.base + waiting.start, count: waiting.count)) {
        case .bytes(let count):
            waiting.consume(count)
            if !waiting.isEmpty { canWrite = false }
        case .blocked: canWrite = false
        case .endOfStream, .failed: hasFailed = true
        }
        guard waiting.isEmpty else { return false }
        memory.give(waiting)
        pending = nil
        return true
    }

    // MARK: TLS and the end

    func handshake() -> HandshakeProgress {
        guard let session else {
            return hasFailed ? .failed(HandshakeFailure(.closed, reason: "no memory for a TLS session")) : .done
        }
        let progress = session.handshake()
        flushGathered()
        if progress == .done { isTLS13 = session.version.utf8Start[6] == UInt8(ascii: "3") }
        return progress
    }

    /// Says that nothing more will be sent: close_notify and FIN.
    func finishWriting() {
        if let session, pending == nil, !hasFailed {
            session.shutdown()
            flushGathered()
        }
        if pending == nil { socket?.shutdownWriting() }
    }

    /// An idle connection with nothing to read and no end in sight.
    var isQuiet: Bool { !peerClosed && !hasFailed && session?.hasPending != true && socket?.isQuiet == true }

    /// Nothing of the peer's is in the socket.
    var hasNothingToRead: Bool { socket?.isQuiet == true }

    func takeSocketError() -> Int32 { socket?.takeError() ?? 0 }

    /// Makes the close a reset.
    func resetOnClose() { socket?.resetOnClose() }

    func close() {
        if let pending { memory.give(pending) }
        pending = nil
        session = nil
        socket = nil
        canRead = false
        canWrite = false
    }
}
