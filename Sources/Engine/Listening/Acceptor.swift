import CLinux
import Model
import Network
import Settings

/// One worker's end of a listener: takes connections in, within the limits. Over a limit the newest is turned away; only those for whose
/// handshake there is no room yet, or for whom their listener has none (`set maxconn frontend`), wait where they are, in the kernel's
/// queue, since agents come in herds and never try again.
final class Acceptor: EventTarget {
    let listener: ListenerContext
    /// Other workers wait at the same socket, and systemd holds it.
    let isShared: Bool
    private let socket: Socket
    private unowned(unsafe) let worker: Worker
    /// How many connections are taken in one go, so that those there are do not wait.
    private static let batch = 64

    init(_ listener: ListenerContext, socket: ListeningSocket, worker: Worker) {
        self.listener = listener
        isShared = socket.isShared
        self.socket = Socket(FileDescriptor(owning: socket.descriptor))
        self.worker = worker
    }

    var descriptor: Int32 { socket.number }

    override func handle(_ events: ReadyEvents) { acceptSome() }
    override func resume() { acceptSome() }
    override func deadlinePassed() { acceptSome() }

    /// Takes in all that wait, for the last time.
    func acceptAll() {
        while case .connection(let accepted, let address) = socket.accept() { worker.take(accepted, from: address, listener: listener) }
    }

    /// New connections are refused from now on, whoever holds a copy of the socket; who waits already is taken in. One of systemd's stays
    /// open: it takes a socket that is shut down for a fault of its unit. There they wait.
    func pause() {
        acceptAll()
        guard !isShared else { return }
        socket.stopListening()
    }

    func unpause() throws(SystemError) { try socket.listen() }

    private func acceptSome() {
        for _ in 0..<Self.batch {
            guard listener.tls == nil || worker.hasRoomForHandshake, !listener.limit.isFull else {
                worker.loop.setDeadline(self, worker.loop.now + 10_000_000)
                return
            }
            switch socket.accept() {
            case .connection(let accepted, let address):
                worker.take(accepted, from: address, listener: listener)
            case .none:
                return
            case .failed(let error):
                worker.acceptFailed(error)
                // Out of descriptors: turn one away with the one held in reserve, and look again in a moment.
                if error.isOutOfDescriptors { worker.reserve.turnAway(from: socket) }
                worker.loop.setDeadline(self, worker.loop.now + 50_000_000)
                return
            }
        }
        worker.loop.deferWork(self)
    }
}

/// A descriptor held in reserve, so that a connection can be taken and closed when there is none left.
struct ReserveDescriptor: ~Copyable {
    private var number: Int32 = Self.open()

    private static func open() -> Int32 { pf_open("/dev/null", O_RDONLY | O_CLOEXEC, 0) }

    init() {}

    mutating func turnAway(from listener: borrowing Socket) {
        guard number >= 0 else {
            number = Self.open()
            return
        }
        _ = close(number)
        if case .connection(let socket, _) = listener.accept() { socket.resetOnClose() }
        number = Self.open()
    }

    deinit { if number >= 0 { _ = close(number) } }
}
