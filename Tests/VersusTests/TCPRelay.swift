import Foundation
import StandIn

/// A link between two programs that a test can cut: connections to `port` go on to another one.
final class TCPRelay: Sendable {
    let port: LoopbackPort
    private let listener: StandInListener

    init(to target: LoopbackPort) throws {
        let port = try LoopbackPort()
        self.port = port
        listener = StandInListener(on: port) { stream in
            guard let other = try? StandInStream(connectingTo: target.address, port: target.number, timeout: .seconds(60)) else { return }
            stream.setTimeout(.seconds(60))
            let ended = DispatchSemaphore(value: 0)
            Thread {
                TCPRelay.pump(other, stream)
                ended.signal()
            }.start()
            TCPRelay.pump(stream, other)
            ended.wait()
        }
        try listener.start()
    }

    deinit { listener.stop() }

    func cut() { listener.stop() }
    func restore() throws { try listener.start() }

    private static func pump(_ from: StandInStream, _ to: StandInStream) {
        var bytes: [UInt8] = []
        while let count = try? from.read(into: &bytes), count > 0 {
            guard (try? to.write(bytes)) != nil else { break }
            bytes.removeAll(keepingCapacity: true)
        }
        to.interrupt()
        from.interrupt()
    }
}
