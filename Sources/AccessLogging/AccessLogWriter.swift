import CLinux
import Logging
import Network
import Settings
import Synchronization
import Telemetry

/// Accepts finished log lines from the workers and writes them on a thread of its own: no worker ever waits for a disk, a pipe or a daemon.
/// The buffer is bounded; lines over the bound are dropped and counted.
package final class AccessLogWriter: Sendable {
    package struct Limits: Sendable {
        /// Bytes buffered, including those that are being written.
        var buffered = 8 << 20
        /// Between attempts after a failure.
        var retry: Duration = .seconds(1)
        /// Without failure, before an outage counts as over.
        var quietPeriod: Duration = .seconds(3)
        /// For the buffered lines when the service ends.
        var finish: Duration = .seconds(5)

        package init() {}
    }

    /// What the thread has to apply before its next write.
    struct Configuration {
        var target: LogSettings.Target
        var form: LogSettings.SyslogForm
        /// Close the target and open it again.
        var reopens: Bool
        /// Nanoseconds of the monotonic clock; nil until the service ends.
        var finishBy: Int64?
    }

    private struct State {
        var buffer: [UInt8] = []
        /// Bytes that the thread has taken and not yet written.
        var taken = 0
        var isOverflowing = false
        var configuration: Configuration

        mutating func takeConfiguration() -> Configuration {
            defer { configuration.reopens = false }
            return configuration
        }
    }

    let limits: Limits
    let log: Logger
    let lookup: NameLookup
    package let linesDropped = Atomic<Int>(0)
    private let state: Mutex<State>
    private let wakeup: Int32
    private let hasEnded = Atomic<Bool>(false)

    package init(_ settings: LogSettings, limits: Limits = Limits(), names: BackgroundThread, log: Logger) throws(SystemError) {
        wakeup = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard wakeup >= 0 else { throw SystemError("eventfd") }
        self.limits = limits
        self.log = log
        lookup = NameLookup(on: names)
        state = Mutex(State(configuration: Configuration(target: settings.accessTo, form: settings.syslogForm, reopens: true)))
    }

    deinit { _ = close(wakeup) }

    package func start() throws(SystemError) {
        try NamedThread(name: "access-log") { [self] in
            var thread = AccessLogThread(self)
            thread.run()
            hasEnded.store(true, ordering: .releasing)
        }.detach()
    }

    /// Accepts `lines` (whole lines), which is empty afterwards.
    package func submit(_ lines: inout [UInt8], count: Int) {
        let (fits, wakes) = state.withLock { state -> (Bool, Bool) in
            guard state.configuration.target != .none else { return (true, false) }
            guard state.taken + state.buffer.count + lines.count <= limits.buffered else {
                defer { state.isOverflowing = true }
                return (false, !state.isOverflowing)
            }
            let wasEmpty = state.buffer.isEmpty
            // Most of the time the thread has taken what came before: the lines need not be copied then.
            if wasEmpty { swap(&state.buffer, &lines) } else { state.buffer += lines }
            return (true, wasEmpty)
        }
        lines.removeAll(keepingCapacity: true)
        if !fits { linesDropped.add(count, ordering: .relaxed) }
        if wakes { wake() }
    }

    package func adopt(_ settings: LogSettings) {
        state.withLock { state in
            state.configuration.target = settings.accessTo
            state.configuration.form = settings.syslogForm
            state.configuration.reopens = true
        }
        wake()
    }

    /// Opens the file again, after logrotate has moved it, or connects to syslog's socket again.
    package func reopen() {
        state.withLock { $0.configuration.reopens = true }
        wake()
    }

    /// Writes the buffered lines, for a bounded time, and ends the thread. Lines lost then are counted.
    package func finish() {
        let now = MonotonicClock.nanoseconds()
        state.withLock { $0.configuration.finishBy = now + limits.finish.inNanoseconds }
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

    func takeConfiguration() -> Configuration { state.withLock { $0.takeConfiguration() } }

    /// The lines it took are written and no longer count for the bound.
    func noteWritten() { state.withLock { $0.taken = 0 } }

    /// Replaces `lines`, which are written, by the buffered ones. Under one lock with the configuration: no line that came after a change
    /// is written by the configuration before it.
    func take(_ lines: inout [UInt8]) -> Configuration {
        // The large buffer of an outage is released.
        lines.removeAll(keepingCapacity: lines.capacity < 1 << 20)
        return state.withLock { state in
            swap(&state.buffer, &lines)
            state.taken = lines.count
            state.isOverflowing = false
            return state.takeConfiguration()
        }
    }

    /// Blocks until woken, until `limit` (nanoseconds of the monotonic clock, nil: for ever), or until `output` is ready to be written to.
    func wait(until limit: Int64?, output: Int32? = nil) {
        var watched = [pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)]
        if let output { watched.append(pollfd(fd: output, events: Int16(POLLOUT), revents: 0)) }
        let milliseconds = limit.map { max(0, ($0 - MonotonicClock.nanoseconds()) / 1_000_000 + 1) }
        _ = poll(&watched, nfds_t(watched.count), Int32(clamping: milliseconds ?? -1))
        var count: UInt64 = 0
        _ = read(wakeup, &count, 8)
    }
}
