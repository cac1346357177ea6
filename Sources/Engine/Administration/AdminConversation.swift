import Admin
import Buffers
import CLinux
import Network

/// One conversation on the runtime socket: bytes to `AdminShell`, its replies back. While a reply is not written whole, nothing more is read.
final class AdminConversation: EventTarget {
    private let stream: Stream
    private unowned let server: ProxyServer
    private var shell: AdminShell
    private var output: [UInt8] = []
    private var sent = 0
    private var isClosed = false
    /// The shell's query is under way.
    private var isWaiting = false
    /// Where another instance takes over: then no commands are accepted.
    private var handover: Handover?
    private var endsAfterOutput = false
    private let ended: (AdminConversation) -> Void
    private let input = ByteBuffer(capacity: 4096)
    /// Of the payloads of all conversations.
    private var share = AdminPayloads.Share()

    /// Ends after so long without input, as HAProxy's `timeout cli`.
    private static let idle: Int64 = 300_000_000_000
    /// For the instance that takes over to become ready.
    private static let handoverPatience: Int64 = 60_000_000_000
    /// Pieces of 4 KiB read per loop turn.
    private static let batch = 32

    init(_ socket: consuming Socket, server: ProxyServer, level: AdminLevel, ended: @escaping (AdminConversation) -> Void) {
        self.server = server
        self.ended = ended
        stream = Stream(socket, memory: server.administration.memory)
        shell = AdminShell(level: level)
    }

    func begin() {
        guard !input.isVoid, ProcessMemory.hasHeadroom else { return close() }
        do {
            try server.loop.add(self, descriptor: stream.descriptor)
        } catch {
            return close()
        }
        server.loop.setDeadline(self, server.loop.now + Self.idle)
        proceed()
    }

    override func handle(_ events: ReadyEvents) {
        stream.note(events)
        proceed()
    }

    override func resume() { proceed() }
    override func deadlinePassed() { close() }

    private func proceed() {
        var reads = 0
        while !isClosed {
            // A payload of megabytes must not keep checks and other conversations waiting.
            if reads == Self.batch { return server.loop.deferWork(self) }
            guard flush() else { return stream.hasFailed ? close() : () }
            if shell.isEnded || endsAfterOutput { return close() }
            // A client that has gone waits for nothing; one that has sent all it wanted does.
            if isWaiting { return stream.isHungUp ? close() : () }
            var host = ControlHost(server: server)
            if let inquiry = shell.inquiry {
                isWaiting = true
                server.loop.setDeadline(self, .max)
                guard let finding = server.administration.ask(inquiry, finish: { [weak self] in self?.found($0) }) else { return }
                isWaiting = false
                server.loop.setDeadline(self, server.loop.now + Self.idle)
                output = Array(shell.answer(finding, host: &host).utf8)
                continue
            }
            if shell.hasMore {
                output = Array(shell.proceed(host: &host).utf8)
                continue
            }
            input.clear()
            switch stream.read(into: input) {
            case .bytes:
                reads += 1
                server.loop.setDeadline(self, server.loop.now + Self.idle)
                let bytes = Array(UnsafeRawBufferPointer(start: input.base + input.start, count: input.count))
                if handover != nil || bytes == Handover.greeting {
                    handOver(bytes)
                } else {
                    output = Array(shell.take(bytes, host: &host).utf8)
                    takeShare()
                }
            case .blocked: return stream.hasFailed ? close() : ()
            case .endOfStream:
                output = Array(shell.finish(host: &host).utf8)
            case .failed: return close()
            }
        }
    }

    private func found(_ finding: AdminFinding) {
        guard !isClosed else { return }
        isWaiting = false
        server.loop.setDeadline(self, server.loop.now + Self.idle)
        var host = ControlHost(server: server)
        output += Array(shell.answer(finding, host: &host).utf8)
        takeShare()
        proceed()
    }

    /// A conversation that there is no room for ends, and its payload with it.
    private func takeShare() {
        guard !server.administration.payloads.set(&share, to: shell.heldByteCount) else { return }
        endsAfterOutput = true
        output = Array(shell.reject("Too many payloads at once: try again later.\n").utf8)
        shell = AdminShell(level: shell.level)
        server.administration.payloads.release(&share)
        server.log.warning("admin.socket: payload rejected: all payloads together have at most \(AdminPayloads.bound >> 20) MiB")
    }

    private func handOver(_ bytes: [UInt8]) {
        guard shell.level >= .admin else {
            endsAfterOutput = true
            output = Array("Permission denied\n".utf8)
            return
        }
        let handover = handover ?? Handover(server, socket: stream.descriptor)
        self.handover = handover
        server.loop.setDeadline(self, server.loop.now + Self.handoverPatience)
        switch handover.answer(to: bytes) {
        case .sent: break
        case .text(let text): output = Array(text.utf8)
        case .refused(let text):
            endsAfterOutput = true
            output = Array(text.utf8)
        }
    }

    /// True when everything is written.
    private func flush() -> Bool {
        guard stream.flushPending() else { return false }
        while sent < output.count {
            let taken = output[sent...].withUnsafeBytes { stream.write($0) }
            if taken == 0 { return false }
            sent += taken
        }
        output.removeAll(keepingCapacity: false)
        sent = 0
        return true
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        server.administration.payloads.release(&share)
        handover?.ended()
        server.loop.remove(self)
        stream.finishWriting()
        stream.close()
        ended(self)
    }
}
