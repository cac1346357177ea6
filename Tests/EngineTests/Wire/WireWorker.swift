import Model
import Network
import Settings
import TestKit
import Testing

@testable import Engine

/// A worker whose connections are real, and whose agents and servers are the test's: one thread, and the test's time.
final class WireWorker {
    let world: TestWorker
    let servers: WireServers

    init(
        _ names: [String] = ["s1", "s2"], maxconn: Int? = nil, pool edit: (inout PoolSettings) -> Void = { _ in },
        settings: (inout ProxySettings) -> Void = { _ in }
    ) throws {
        var pool = PoolSettings(name: "compilers", servers: names.map { TestWorker.server($0, maxconn: maxconn) })
        edit(&pool)
        var made: WireServers?
        world = try TestWorker([pool], edit: settings) {
            let servers = WireServers(loop: $0, memory: $1)
            made = servers
            return servers
        }
        servers = made!
    }

    /// An agent's new connection.
    func connect(from source: String = "192.0.2.9", port: UInt16 = 4711) -> WireEnd {
        let (ours, theirs) = WireEnd.pair()
        let address = IPAddress(source)!
        world.worker.take(
            Socket(FileDescriptor(owning: ours)), from: SocketAddress(high: address.high, low: address.low, port: port),
            listener: world.listener)
        turn()
        return WireEnd(owning: theirs)
    }

    /// Until all that was sent has had its effect.
    func turn(_ count: Int = 8) { world.turn(count) }

    /// The agent sends, and it has its effect.
    func send(_ text: String, from agent: WireEnd) {
        agent.send(text)
        turn()
    }

    /// The server's end of the connection that was made last.
    var server: WireEnd { servers.ends.last!.end }

    /// The server sends, and it has its effect.
    func respond(_ text: String, from server: WireEnd? = nil) {
        (server ?? self.server).send(text)
        turn()
    }

    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

    /// A request and its response, from first to last.
    func exchange(_ text: String = ScriptedExchange.file, _ response: String = WireWorker.ok, from agent: WireEnd) -> String {
        send(text, from: agent)
        respond(response)
        return agent.take()
    }

    var connectionCount: Int { world.worker.connections.count }
}
