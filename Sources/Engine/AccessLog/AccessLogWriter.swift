import CLinux
import Logging
import Network
import Settings
import Synchronization
import Telemetry

/// Takes finished log lines from the workers; a thread of its own writes them: no worker ever waits for a disk, a pipe or a daemon.
/// What waits is bounded; lines over the bound are dropped and counted.
final class AccessLogWriter: Sendable {
    struct Limits: Sendable {
        /// Bytes that may wait, those included that are being written.
        var waiting = 8 << 20
        /// Between attempts after a failure.
        var retry: Duration = .seconds(1)
        /// Without failure, before one is called over.
        var calm: Duration = .seconds(3)
        /// For what waits when the service ends.
        var finish: Duration = .seconds(5)
    }

    /// What the thread is to do beside writing.
    struct Orders {
        var target: LogSettings.Target
        var form: LogSettings.SyslogForm
        /// Open the target anew.
        var opens: Bool
        /// Nanoseconds of the monotonic clock; nil until the service ends.
        var finishBy: Int64?
    }

    private struct State {
        var waiting: [UInt8] = []
        /// What the thread has taken and not written.
        var taken = 0
        var isOverflowing = false
        var orders: Orders

        mutating func takeOrders() -> Orders {
            defer { orders.opens = false }
            return orders
        }
    }

    let limits: Limits
    let log: Logger
    let lookup: NameLookup
    let linesDropped = Atomic<Int>(0)
    private let state: Mutex<State>
    private let wakeup: Int32
    private let hasEnded = Atomic<Bool>(false)

    init(_ settings: LogSettings, limits: Limits = Limits(), names: BackgroundThread, log: Logger) throws(SystemError) {
        wakeup = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard wakeup >= 0 else { throw SystemError("eventfd") }
        self.limits = limits
        self.log = log
        lookup = NameLookup(on: names)
        state = Mutex(State(orders: Orders(target: settings.accessTo, form: settings.syslogForm, opens: true)))
    }

    deinit { _ = close(wakeup) }

    func start() {
        WorkerThread(name: "access-log") { [self] in
            var thread = AccessLogThread(self)
            thread.run()
            hasEnded.store(true, ordering: .releasing)
        }.detach()
    }

    /// Takes all of `lines` (whole lines), which is empty afterwards.
    func submit(_ lines: inout [UInt8], count: Int) {
        let (fits, wakes) = state.withLock { state -> (Bool, Bool) in
            guard state.orders.target != .none else { return (true, false) }
            guard state.taken + state.waiting.count + lines.count <= limits.waiting else {
                defer { state.isOverflowing = true }
                return (false, !state.isOverflowing)
            }
            let wasEmpty = state.waiting.isEmpty
            state.waiting += lines
            return (true, wasEmpty)
        }
        lines.removeAll(keepingCapacity: true)
        if !fits { linesDropped.add(count, ordering: .relaxed) }
        if wakes { wake() }
    }

    func adopt(_ settings: LogSettings) {
        state.withLock { state in
            state.orders.target = settings.accessTo
            state.orders.form = settings.syslogForm
            state.orders.opens = true
        }
        wake()
    }

    /// Opens the file anew, after logrotate has moved it, or syslog's socket.
    func reopen() {
        state.withLock { $0.orders.opens = true }
        wake()
    }

    /// Writes what waits, for a bounded time, and ends the thread. What is lost then is counted.
    func finish() {
        let now = MonotonicClock.nanoseconds()
        state.withLock { $0.orders.finishBy = now + limits.finish.inNanoseconds }
        wake()
        // A little more, since a disk may hang.
        let last = now + (limits.finish + .seconds(1)).inNanoseconds
        while !hasEnded.load(ordering: .acquiring), MonotonicClock.nanoseconds() < last { _ = usleep(5000) }
    }

    func wake() {
        var one: UInt64 = 1
        _ = write(wakeup, &one, 8)
    }

    // MARK: For the thread

    func takeOrders() -> Orders { state.withLock { $0.takeOrders() } }

    /// What it took is written, so others may wait in its place.
    func noteWritten() { state.withLock { $0.taken = 0 } }

    /// Replaces `lines`, which are written, by those that wait. At once with the orders: no line that came after a new order goes by the old one.
    func take(_ lines: inout [UInt8]) -> Orders {
        // What an outage took is given back.
        lines.removeAll(keepingCapacity: lines.capacity < 1 << 20)
        return state.withLock { state in
            swap(&state.waiting, &lines)
            state.taken = lines.count
            state.isOverflowing = false
            return state.takeOrders()
        }
    }

    /// Until woken, `limit` (nanoseconds of the monotonic clock, nil: for ever) or `output` is ready to be written to.
    func wait(until limit: Int64?, output: Int32? = nil) {
        var watched = [pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)]
        if let output { watched.append(pollfd(fd: output, events: Int16(POLLOUT), revents: 0)) }
        let milliseconds = limit.map { max(0, ($0 - MonotonicClock.nanoseconds()) / 1_000_000 + 1) }
        _ = poll(&watched, nfds_t(watched.count), Int32(clamping: milliseconds ?? -1))
        var count: UInt64 = 0
        _ = read(wakeup, &count, 8)
    }
}
