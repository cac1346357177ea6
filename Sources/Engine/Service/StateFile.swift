import CLinux
import Logging
import Network
import Synchronization
import Telemetry

/// Writes `state_file` on the thread for files, since a disk may hang; what is newer takes the place of what waits.
final class StateFile: Sendable {
    private struct Work {
        var waiting: (path: String, content: String)?
        var isUnderWay = false
        /// Told once, until it works again.
        var fails = false
    }

    private let work = Mutex(Work())
    private let files: BackgroundThread
    private let log: Logger
    /// How long the end of the service waits for it.
    private static let patience = Duration.seconds(5)

    init(on files: BackgroundThread, log: Logger) {
        self.files = files
        self.log = log
    }

    /// Whole, or not at all: under another name first.
    func write(_ content: String, to path: String) {
        let isIdle = work.withLock { work in
            defer { work.isUnderWay = true }
            work.waiting = (path, content)
            return !work.isUnderWay
        }
        if isIdle { files.perform { [self] in writeAll() } }
    }

    /// Waits, for a bounded time, until all is written.
    func finish() {
        let limit = MonotonicClock.nanoseconds() + Self.patience.inNanoseconds
        while work.withLock({ $0.isUnderWay }) {
            guard MonotonicClock.nanoseconds() < limit else { return log.error("state_file is not written: the disk does not answer") }
            _ = usleep(5000)
        }
    }

    private func writeAll() {
        while let (path, content) = next() {
            var failure: SystemError?
            do {
                try FileContent.replace(path, with: Array(content.utf8))
            } catch {
                failure = error
            }
            let isNews = work.withLock { work in
                defer { work.fails = failure != nil }
                return !work.fails
            }
            guard let failure, isNews else { continue }
            log.error("state_file cannot be written", metadata: ["file": "\(path)", "reason": "\(failure.description)"])
        }
    }

    private func next() -> (path: String, content: String)? {
        work.withLock { work in
            defer { work.waiting = nil }
            work.isUnderWay = work.waiting != nil
            return work.waiting
        }
    }
}
