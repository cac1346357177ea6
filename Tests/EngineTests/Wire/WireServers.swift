import Model
import Network

@testable import Engine

/// Connections to servers whose other end is the test's.
final class WireServers: ServerConnections {
    private let loop: EventLoop<WorkerMessage>
    private let memory: TransferMemory
    /// The servers' ends, in the order of their connections, with the servers' names.
    private(set) var ends: [(end: WireEnd, name: String)] = []

    override init(loop: EventLoop<WorkerMessage>, memory: TransferMemory) {
        self.loop = loop
        self.memory = memory
        super.init(loop: loop, memory: memory)
    }

    override func connect(to target: UpstreamTarget) throws(ProxyError) -> UpstreamSide {
        let (ours, theirs) = WireEnd.pair()
        let socket = Socket(FileDescriptor(owning: ours))
        let connection = HTTP1Upstream(target, socket: socket, connections: self, memory: memory)
        do {
            try loop.add(connection, descriptor: ours)
        } catch {
            throw ProxyError(.connectRefused, context: error.description)
        }
        ends.append((WireEnd(owning: theirs), String(decoding: target.name, as: UTF8.self)))
        return connection
    }
}
