import LoadKit

/// A Puppet Server of the herd: so many compiles at a time, others are queued in it, as requests are for a JRuby. A compile is
/// a timer and costs no CPU. Status requests get a response at once.
final class CompileServer {
    private struct Compile {
        let connection: ServerConnection
        let agent: Int
        var ends = 0.0
    }

    private let listeners: [(descriptor: Int32, context: OpaquePointer?)]
    private let slots: Int
    private let time: CompileTime
    private let catalog: UnsafeRawBufferPointer
    private let status: UnsafeRawBufferPointer

    private let poller = EpollSet()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 64)
    /// By descriptor.
    private var connections: [ServerConnection?] = []
    /// The agent whose head came last over each descriptor.
    private var asking: [Int32: Int] = [:]
    private var running: [Compile] = []
    /// First come, first served.
    private var waiting: [Compile] = []

    /// Listens on two ports: for proxies that terminate TLS, and with `context` for those that pass it through.
    init(plainPort: UInt16, tlsPort: UInt16, context: OpaquePointer, slots: Int, time: CompileTime, catalog: [UInt8]) {
        listeners = [(LoopbackSocket.listen(port: plainPort).descriptor, nil), (LoopbackSocket.listen(port: tlsPort).descriptor, context)]
        self.slots = slots
        self.time = time
        self.catalog = Self.permanent(catalog)
        status = Self.permanent(Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nrunning".utf8))
        for listener in listeners { poller.add(listener.descriptor) }
    }

    func serve() -> Never {
        while true {
            let next = running.map(\.ends).min()
            // Rounded up: a compile is never short.
            let milliseconds = next.map { Int32(max(0, ($0 - secondsNow()) * 1000) + 1) } ?? -1
            _ = poller.wait(milliseconds: milliseconds) { descriptor in
                if let listener = listeners.first(where: { $0.descriptor == descriptor }) {
                    accept(descriptor, listener.context)
                } else if let connection = connections[Int(descriptor)] {
                    proceed(connection)
                }
            }
            finishCompiles()
        }
    }

    private func accept(_ listener: Int32, _ context: OpaquePointer?) {
        while let descriptor = LoopbackSocket.accept(listener) {
            while connections.count <= Int(descriptor) { connections.append(nil) }
            connections[Int(descriptor)] = ServerConnection(
                stream: ByteStream(descriptor: descriptor, context: context, isClient: false))
            poller.add(descriptor)
        }
    }

    private func proceed(_ connection: ServerConnection) {
        let descriptor = connection.stream.descriptor
        let progress = connection.proceed(
            { head in
                asking[descriptor] = Self.agent(askingIn: head)
                return asking[descriptor] == nil ? status : nil
            }, buffer)
        switch progress {
        case .waiting: break
        case .asked:
            if let agent = asking[descriptor] { waiting.append(Compile(connection: connection, agent: agent)) }
            startCompiles()
        case .over: close(connection)
        }
    }

    /// A running compile continues when its client has left, as in a real server; a queued one is not begun.
    private func close(_ connection: ServerConnection) {
        connections[Int(connection.stream.descriptor)] = nil
        waiting.removeAll { $0.connection === connection }
    }

    private func startCompiles() {
        while running.count < slots, !waiting.isEmpty {
            var compile = waiting.removeFirst()
            compile.ends = secondsNow() + time.seconds(agent: compile.agent)
            running.append(compile)
        }
    }

    private func finishCompiles() {
        let now = secondsNow()
        for compile in running where compile.ends <= now {
            let connection = compile.connection
            guard connections[Int(connection.stream.descriptor)] === connection else { continue }
            if !connection.respond(catalog) { close(connection) }
        }
        running.removeAll { $0.ends <= now }
        startCompiles()
    }

    /// The number after `agent=` in the request line; nil if it is not an agent's request.
    private static func agent(askingIn head: UnsafeRawBufferPointer) -> Int? {
        let word = Array("agent=".utf8)
        var index = 0
        while index + word.count < head.count, head[index] != UInt8(ascii: "\n") {
            if head[index..<(index + word.count)].elementsEqual(word) { return MessageHead.number(head, from: index + word.count) }
            index += 1
        }
        return nil
    }

    private static func permanent(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        memory.copyBytes(from: bytes)
        return UnsafeRawBufferPointer(memory)
    }
}
