import Foundation
import StandIn
import Synchronization

/// A server on a loopback port that goes wrong in one way; which way can change while it runs.
package final class MisbehavingServer: Sendable {
    private final class Shared: Sendable {
        let behaviour: Mutex<Misbehaviour>
        let requests = Mutex<[MessageHead]>([])
        /// Threads that never read wait here until the server stops.
        let reading = Gate()
        init(_ behaviour: Misbehaviour) { self.behaviour = Mutex(behaviour) }
    }

    package let port: LoopbackPort
    private let shared: Shared
    private let listener: StandInListener

    /// Listens at once, unless it is to refuse connections.
    package init(_ behaviour: Misbehaviour, tls: StandInTLS? = nil) throws {
        port = try LoopbackPort()
        let shared = Shared(behaviour)
        self.shared = shared
        listener = StandInListener(on: port) { stream in
            try? MisbehavingServer.serve(stream, tls, shared)
        }
        if behaviour != .refusesConnections { try listener.start() }
    }

    deinit { stop() }

    /// `ADDRESS:PORT`.
    package var address: String { port.text }
    package var acceptedCount: Int { listener.acceptedCount }
    package var openCount: Int { listener.openCount }
    /// Heads of requests seen, health checks included.
    package var heads: [MessageHead] { shared.requests.withLock { $0 } }

    package var behaviour: Misbehaviour {
        get { shared.behaviour.withLock { $0 } }
        set { shared.behaviour.withLock { $0 = newValue } }
    }

    package func stop() {
        shared.reading.open()
        listener.stop()
    }

    package func start() throws { try listener.start() }

    private static func serve(_ stream: StandInStream, _ tls: StandInTLS?, _ shared: Shared) throws {
        switch shared.behaviour.withLock({ $0 }) {
        case .resetsAfterAccept:
            // What the peer sends is on its way for certain, so that it always sees the same.
            _ = stream.becomesReadable(within: .seconds(30))
            return stream.reset()
        case .acceptsAndNeverAnswers: return stream.dropUntilEnd()
        case .acceptsAndNeverReads:
            shared.reading.pass(timeout: .seconds(60))
            return
        default: break
        }
        if let tls { try stream.startTLS(tls) }
        let reader = MessageReader(stream)
        var count = 0
        while let head = try reader.readHead() {
            count += 1
            shared.requests.withLock { if $0.count < 1000 { $0.append(head) } }
            guard stream.hostMatchesSNI(head) else {
                return try stream.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 23\r\n\r\nHost does not match SNI")
            }
            let behaviour = shared.behaviour.withLock { $0 }
            guard try MisbehavingAnswer(to: head, reader).give(behaviour, isFirst: count == 1) == .goesOn else { return }
        }
    }
}
