import Anycast
import Model
import Network

/// One connection to BIRD's control socket: one question at a time, each with a bounded time for its reply.
final class BIRDConnection: EventTarget {
    private let socket: Socket
    private let loop: EventLoop<ControlMessage>
    private let onReply: (BIRDReply) -> Void
    private let onEnd: (String) -> Void
    private var reader = BIRDReplyReader()
    private var isOpen = true
    private static let patience: Duration = .seconds(3)

    /// - Parameters:
    ///   - onReply: called for each reply, the welcome (code 1) first
    ///   - onEnd: called once, where the connection ends or BIRD says nothing for too long; not after `close`
    init(
        _ path: String, _ loop: EventLoop<ControlMessage>, onReply: @escaping (BIRDReply) -> Void, onEnd: @escaping (String) -> Void
    ) throws(SystemError) {
        socket = try UnixConnection.connectNow(path)
        self.loop = loop
        self.onReply = onReply
        self.onEnd = onEnd
        super.init()
        try loop.add(self, descriptor: socket.number)
        loop.setDeadline(self, loop.now + Self.patience.inNanoseconds)
    }

    /// A command with its line end: short, so that an idle socket takes it whole.
    func send(_ command: String) {
        guard isOpen else { return }
        let bytes = Array(command.utf8)
        let result = bytes.withUnsafeBytes { socket.send($0) }
        guard result == .bytes(bytes.count) else { return end("it does not take commands") }
        loop.setDeadline(self, loop.now + Self.patience.inNanoseconds)
    }

    override func handle(_ events: ReadyEvents) {
        var chunk = [UInt8](repeating: 0, count: 4096)
        // Bounded: a peer that never stops writing must not hold the loop; its reply grows too long first.
        for _ in 0..<512 where isOpen {
            let result = chunk.withUnsafeMutableBytes { socket.receive(into: $0) }
            switch result {
            case .bytes(let count): received(chunk[..<count])
            case .blocked: return
            case .endOfStream: return end("it has closed the connection")
            case .failed: return end("the connection has failed")
            }
        }
    }

    private func received(_ bytes: ArraySlice<UInt8>) {
        do throws(BIRDReplyReader.Fault) {
            for reply in try reader.receive(bytes) where isOpen {
                loop.setDeadline(self, .max)
                onReply(reply)
            }
        } catch {
            end("its reply is not understood")
        }
    }

    override func deadlinePassed() { end("it does not reply") }

    private func end(_ reason: String) {
        guard isOpen else { return }
        close()
        onEnd(reason)
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        loop.unwatch(socket.number)
        loop.remove(self)
    }
}
