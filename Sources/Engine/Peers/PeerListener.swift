import Model
import Network

/// Takes calls of peers, at most 64 at a time that have not said their name. On the control loop.
final class PeerListener: EventTarget {
    let address: SocketAddress
    private let socket: Socket
    private unowned let group: PeerGroup
    private static let pause: Int64 = 1_000_000_000

    init(_ address: SocketAddress, group: PeerGroup) throws(SystemError) {
        self.address = address
        self.group = group
        socket = try Socket.listen(address, v6only: false, sharesPort: false, defersAccept: false)
        super.init()
        try group.loop.add(self, descriptor: socket.number)
    }

    override func handle(_ events: ReadyEvents) { acceptAll() }
    override func deadlinePassed() { acceptAll() }

    private func acceptAll() {
        while true {
            switch socket.accept() {
            case .connection(let taken, let peer): group.called(taken, from: IPAddress(high: peer.high, low: peer.low))
            case .none: return
            case .failed: return group.loop.setDeadline(self, group.loop.now + Self.pause)
            }
        }
    }

    func close() {
        group.loop.unwatch(socket.number)
        group.loop.remove(self)
    }
}
