import Model
import Network

@testable import Engine

/// Connections to servers whose other end is the test's.
final class WireServers: ServerConnections {
    /// The servers' ends, in the order of their connections, with the servers' names.
    private(set) var ends: [(end: WireEnd, name: String)] = []

    override func socket(to target: UpstreamTarget) throws(ProxyError) -> Socket {
        let (ours, theirs) = WireEnd.pair()
        ends.append((WireEnd(owning: theirs), String(decoding: target.name, as: UTF8.self)))
        return Socket(FileDescriptor(owning: ours))
    }
}
