import CLinux
import Model
import Network
import Settings

/// One worker's end of a listener: accepts connections, within the limits. Over a limit the newest connection is rejected. Connections over
/// the listener's limit (`set maxconn frontend`) wait in the kernel's accept queue, since agents come in herds and do not retry.
final class Acceptor: EventTarget {
    private(set) var listener: ListenerContext
    /// Other workers accept on the same socket, and systemd holds it.
    let isShared: Bool
    private let socket: Socket
    private unowned(unsafe) let worker: Worker
    /// Connections accepted in one batch, so that established ones do not wait.
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

    /// Accepts everything in the accept queue, for the last time.
    func acceptAll() {
        while case .connection(let accepted, let address) = socket.accept() { worker.take(accepted, from: address, listener: listener) }
    }

    /// Stops listening on every copy of the socket after draining its accept queue. A socket passed by systemd is only unwatched, because
    /// systemd treats a shut-down socket as a failed unit; its clients wait in the backlog.
    func pause() {
        acceptAll()
        guard !isShared else { return }
        socket.stopListening()
    }

    func unpause() throws(SystemError) { try socket.listen() }

    private func acceptSome() {
        guard hasContext() else { return worker.loop.setDeadline(self, worker.loop.now + 1_000_000_000) }
        for _ in 0..<Self.batch {
            guard !listener.limit.isFull else {
                worker.loop.setDeadline(self, worker.loop.now + 10_000_000)
                return
            }
            switch socket.accept() {
            case .connection(let accepted, let address):
                worker.take(accepted, from: address, listener: listener)
            case .none:
                return
            case .failed(let error):
                worker.messages.acceptFailed(error)
                // Out of descriptors: reject one with the descriptor held in reserve, and look again in a moment.
                if error.isOutOfDescriptors { worker.reserve.reject(from: socket) }
                worker.loop.setDeadline(self, worker.loop.now + 50_000_000)
                return
            }
        }
        worker.loop.deferWork(self)
    }

    /// False where there is no memory for the listener's TLS context: connections wait in the accept queue meanwhile.
    private func hasContext() -> Bool {
        guard listener.isUnavailable else { return true }
        guard let made = worker.remake(listener) else { return false }
        listener = made
        return true
    }
}

/// A descriptor held in reserve, so that a connection can be taken and closed when there is none left.
struct ReserveDescriptor: ~Copyable {
    private var number: Int32 = Self.open()

    private static func open() -> Int32 { pf_open("/dev/null", O_RDONLY | O_CLOEXEC, 0) }

    init() {}

    mutating func reject(from listener: borrowing Socket) {
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
