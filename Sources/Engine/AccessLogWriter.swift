import CLinux
import Model
import Network
import Settings
import Synchronization

/// Takes finished log lines from the workers and writes them on a thread of its own: no worker ever waits for a disk or a pipe.
/// What waits is bounded; lines over the bound are dropped and counted.
final class AccessLogWriter: Sendable {
    /// Bytes that may wait.
    private static let bound = 8 << 20
    /// How long the thread lets lines gather before it writes, microseconds.
    private static let gatherTime: UInt32 = 10_000

    private struct State {
        var waiting: [UInt8] = []
        var target: LogSettings.Target
        var isFinished = false
        var reopens = true
    }

    private let state: Mutex<State>
    let linesDropped = Atomic<Int>(0)
    private let wakeup: Int32
    private let hasEnded = Atomic<Bool>(false)

    init(_ target: LogSettings.Target) throws(SystemError) {
        wakeup = eventfd(0, Int32(EFD_CLOEXEC))
        guard wakeup >= 0 else { throw SystemError("eventfd") }
        state = Mutex(State(target: target))
    }

    deinit { _ = close(wakeup) }

    func start() { WorkerThread(name: "access-log") { [self] in run() }.detach() }

    /// Takes all of `lines` (whole lines), which is empty afterwards.
    func submit(_ lines: inout [UInt8], count: Int) {
        let (wasEmpty, fits) = state.withLock { state -> (Bool, Bool) in
            guard state.target != .none else { return (false, true) }
            guard state.waiting.count + lines.count <= Self.bound else { return (false, false) }
            let wasEmpty = state.waiting.isEmpty
            state.waiting += lines
            return (wasEmpty, true)
        }
        lines.removeAll(keepingCapacity: true)
        if !fits { linesDropped.add(count, ordering: .relaxed) }
        if wasEmpty { wake() }
    }

    func retarget(_ target: LogSettings.Target) {
        state.withLock { state in
            state.target = target
            state.reopens = true
        }
        wake()
    }

    /// Opens the file anew, after logrotate has moved it.
    func reopen() {
        state.withLock { $0.reopens = true }
        wake()
    }

    /// Writes what waits and ends the thread; after five seconds without, since nobody may be reading.
    func finish() {
        state.withLock { $0.isFinished = true }
        wake()
        let start = MonotonicClock.nanoseconds()
        while !hasEnded.load(ordering: .acquiring), MonotonicClock.nanoseconds() - start < 5_000_000_000 { _ = usleep(10_000) }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeup, &one, 8)
    }

    // MARK: The thread

    private func run() {
        var lines: [UInt8] = []
        var output: Int32 = 1
        var isFinished = false
        while !isFinished {
            var count: UInt64 = 0
            _ = read(wakeup, &count, 8)
            _ = usleep(Self.gatherTime)
            let reopened = state.withLock { state -> LogSettings.Target? in
                swap(&state.waiting, &lines)
                isFinished = state.isFinished
                defer { state.reopens = false }
                return state.reopens ? state.target : nil
            }
            if let reopened { output = open(reopened, instead: output) }
            writeAll(lines, to: output)
            lines.removeAll(keepingCapacity: true)
        }
        hasEnded.store(true, ordering: .releasing)
    }

    private func open(_ target: LogSettings.Target, instead old: Int32) -> Int32 {
        if old > 2 { _ = close(old) }
        guard case .file(let path) = target else { return 1 }
        return pf_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
    }

    private func writeAll(_ lines: [UInt8], to output: Int32) {
        guard !lines.isEmpty else { return }
        var written = 0
        lines.withUnsafeBytes { bytes in
            while written < bytes.count, output >= 0 {
                let count = write(output, bytes.baseAddress! + written, bytes.count - written)
                if count > 0 {
                    written += count
                } else if pf_errno() == EAGAIN {
                    // A pipe set non-blocking by whoever holds its other end.
                    var waitFor = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
                    guard poll(&waitFor, 1, 1000) > 0 else { break }
                } else if pf_errno() != EINTR {
                    break
                }
            }
        }
        guard written < lines.count else { return }
        linesDropped.add(lines[written...].count { $0 == 0x0A }, ordering: .relaxed)
    }
}
