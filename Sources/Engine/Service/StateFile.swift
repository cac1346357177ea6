import CLinux
import Logging
import Model
import Network
import Synchronization

/// Writes `state_file`, or what lies next to it, on the thread for files, since a disk may hang. Newer content replaces content that is still queued; content that
/// could not be written is kept and written again by `retry`, until it succeeds.
final class StateFile: Sendable {
    private typealias Job = (path: String, content: @Sendable () -> [UInt8])

    private struct Work {
        var queued: Job?
        var isRunning = false
        /// Its last write has failed, and nothing newer was written since.
        var failed: Job?
        var failures: UInt64 = 0
    }

    private let work = Mutex(Work())
    private let files: BackgroundThread
    private let log: Logger
    /// What it is, in log lines.
    private let name: String
    /// How long the end of the service waits for it.
    private let patience: Duration

    init(on files: BackgroundThread, name: String = "state_file", patience: Duration = .seconds(5), log: Logger) {
        self.files = files
        self.name = name
        self.patience = patience
        self.log = log
    }

    /// How many writes have failed.
    var failures: UInt64 { work.withLock { $0.failures } }
    /// Whether the file is older than the state, since writing it has failed.
    var hasFailed: Bool { work.withLock { $0.failed != nil } }

    /// Whole, or not at all: under another name first.
    func write(_ content: String, to path: String) { write({ Array(content.utf8) }, to: path) }

    /// - Parameter content: made on the thread for files
    func write(_ content: @escaping @Sendable () -> [UInt8], to path: String) {
        let isIdle = work.withLock { work in
            defer { work.isRunning = true }
            work.queued = (path, content)
            return !work.isRunning
        }
        if isIdle { files.perform { [self] in writeAll() } }
    }

    /// Writes again what could not be written.
    func retry() {
        guard let job = work.withLock({ $0.isRunning ? nil : $0.failed }) else { return }
        write(job.content, to: job.path)
    }

    /// No state file is configured any more.
    func forget() { work.withLock { ($0.queued, $0.failed) = (nil, nil) } }

    /// Waits, for a bounded time, until everything is written; failed writes are retried.
    func finish() {
        let limit = MonotonicClock.nanoseconds() + patience.inNanoseconds
        while MonotonicClock.nanoseconds() < limit {
            let (isRunning, hasFailed) = work.withLock { ($0.isRunning, $0.failed != nil) }
            if !isRunning, !hasFailed { return }
            _ = usleep(isRunning ? 5000 : 200_000)
            if !isRunning { retry() }
        }
        log.error("\(name) is not written: the disk does not respond, or the write fails")
    }

    private func writeAll() {
        while let job = next() {
            var failure: SystemError?
            do {
                try FileContent.replace(job.path, with: job.content())
            } catch {
                failure = error
            }
            let hadFailed = work.withLock { work in
                defer {
                    work.failed = failure == nil ? nil : job
                    if failure != nil { work.failures += 1 }
                }
                return work.failed != nil
            }
            if let failure, !hadFailed {
                log.error(
                    "\(name) cannot be written, will be retried",
                    metadata: ["file": "\(job.path)", "reason": "\(failure.description)"])
            } else if failure == nil, hadFailed {
                log.notice("\(name) is written again", metadata: ["file": "\(job.path)"])
            }
        }
    }

    private func next() -> Job? {
        work.withLock { work in
            defer { work.queued = nil }
            work.isRunning = work.queued != nil
            return work.queued
        }
    }
}
