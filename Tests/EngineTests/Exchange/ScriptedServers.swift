import Model
import Network

@testable import Engine

/// Connections to servers that are scripts. One that is in `idle` is taken before a new one is made.
final class ScriptedServers: ServerConnections {
    private let loop: EventLoop<WorkerMessage>
    private let memory: TransferMemory
    private(set) var made: [ScriptedServer] = []
    /// What was asked of idle ones: whether to look twice.
    private(set) var looks: [Bool] = []
    var idle: [ScriptedServer] = []
    /// A new one cannot even be begun.
    var failure: ProxyError?

    override init(loop: EventLoop<WorkerMessage>, memory: TransferMemory) {
        self.loop = loop
        self.memory = memory
        super.init(loop: loop, memory: memory)
    }

    override func connect(to target: UpstreamTarget) throws(ProxyError) -> UpstreamSide {
        if let failure { throw failure }
        let server = ScriptedServer(target, memory: memory, isConnected: false)
        made.append(server)
        try? loop.add(server, descriptor: nil)
        return server
    }

    override func takeIdle(_ target: UpstreamTarget, looksTwice: Bool) -> UpstreamSide? {
        looks.append(looksTwice)
        return idle.firstIndex { $0.target === target }.map { idle.remove(at: $0) }
    }
}
