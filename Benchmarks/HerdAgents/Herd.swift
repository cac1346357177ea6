import COpenSSL
import LoadKit

/// All agents: they begin to connect one after another, evenly within a given time, and then run independently.
final class Herd {
    struct Patience {
        /// Seconds from the beginning of the connection to the end of the handshake.
        var handshake: Double
        /// Seconds from the request to the end of the response.
        var response: Double
    }

    /// Of the agents that have ended, in the order in which they did.
    private(set) var records: [HerdRecord] = []

    private let count: Int
    private let port: UInt16
    private let contexts: [OpaquePointer]
    private let certnames: [String]
    private let entry: WorkloadEntry
    private let poller = EpollSet()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 64)
    /// Agents that have not ended, by descriptor.
    private var open: [HerdAgent?] = []
    private var connectedCount = 0

    /// Agent N is the N-th of `certnames`, counted round and round, and has its context.
    init(count: Int, port: UInt16, contexts: [OpaquePointer], certnames: [String], entry: WorkloadEntry) {
        self.count = count
        self.port = port
        self.contexts = contexts
        self.certnames = certnames
        self.entry = entry
    }

    /// Returns when every agent has ended.
    func run(within seconds: Double, patience: Patience) {
        let start = secondsNow()
        var lastLook = start
        while records.count < count {
            connectDue(start, seconds)
            _ = poller.wait(milliseconds: connectedCount < count ? 1 : 500) { descriptor in
                connectDue(start, seconds)
                guard let agent = open[Int(descriptor)] else { return }
                if !agent.proceed(buffer) { remove(agent) }
            }
            let now = secondsNow()
            if now - lastLook > 0.5 {
                lastLook = now
                giveUp(now, patience)
            }
        }
    }

    /// New connections do not wait for the handshakes of earlier ones: called between any two steps.
    private func connectDue(_ start: Double, _ seconds: Double) {
        let due = min(count, Int((secondsNow() - start) / seconds * Double(count)) + 1)
        while connectedCount < due { connectNext() }
    }

    private func connectNext() {
        let number = connectedCount
        connectedCount += 1
        let descriptor = LoopbackSocket.connect(port: port)
        let which = number % contexts.count
        let stream = ByteStream(descriptor: descriptor, context: contexts[which], isClient: true)
        if let session = stream.session { _ = pf_SSL_set_tlsext_host_name(session, "puppet.bench.test") }
        let target = "/puppet/v3/catalog/\(certnames[which])?environment=production&agent=\(number)"
        let agent = HerdAgent(number: number, stream: stream, entry: entry.asking(target))
        while open.count <= Int(descriptor) { open.append(nil) }
        open[Int(descriptor)] = agent
        poller.add(descriptor)
    }

    private func giveUp(_ now: Double, _ patience: Patience) {
        let (handshake, response) = (patience.handshake, patience.response)
        for case let agent? in open where !agent.giveUp(now: now, handshakePatience: handshake, responsePatience: response) {
            remove(agent)
        }
    }

    private func remove(_ agent: HerdAgent) {
        open[Int(agent.stream.descriptor)] = nil
        records.append(agent.record)
    }
}
