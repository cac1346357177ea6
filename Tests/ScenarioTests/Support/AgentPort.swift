import StandIn
import Synchronization

/// A server's agent: sends one line to each connection and closes. When stopped, it refuses connections.
final class AgentPort: Sendable {
    private final class Shared: Sendable {
        let reply: Mutex<String?>
        init(_ reply: String?) { self.reply = Mutex(reply) }
    }

    let port: LoopbackPort
    private let listener: StandInListener
    private let shared: Shared

    init(_ reply: String?) throws {
        port = try LoopbackPort()
        let shared = Shared(reply)
        self.shared = shared
        listener = StandInListener(on: port) { stream in
            if let reply = shared.reply.withLock({ $0 }) { return (try? stream.write(reply)) ?? () }
            var dropped: [UInt8] = []
            while let count = try? stream.read(into: &dropped), count > 0 {}
        }
        try listener.start()
    }

    deinit { listener.stop() }

    /// What it sends from now on; nil: it accepts and sends nothing.
    func say(_ reply: String?) { shared.reply.withLock { $0 = reply } }
    func stop() { listener.stop() }
    func start() throws { try listener.start() }
    var acceptedCount: Int { listener.acceptedCount }

    /// The server's setting.
    var setting: String { "agent_check: { port: \(port.number), inter: 50ms }" }
}
