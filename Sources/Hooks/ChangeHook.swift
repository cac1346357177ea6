import CLinux
import Logging
import Model
import Network
import Synchronization

/// Runs the operator's program (`hooks.on_change`) once for each change, on a thread of its own: one at a time, each for a bounded time,
/// with a bounded queue of events. `notify` never blocks.
///
/// The program gets the event as JSON on standard input and its name in PUPPETFRONT_EVENT. An event goes to the program that was configured
/// when it happened. Processes that the program leaves in the background are not touched.
package final class ChangeHook: Sendable {
    package struct Limits: Sendable {
        /// Events; newer ones are dropped and counted.
        var queued = 256
        var run: Duration = .seconds(30)
        /// From SIGTERM to SIGKILL.
        var patience: Duration = .seconds(2)
        /// For the queued events when the service ends.
        var finish: Duration = .seconds(5)

        package init() {}
    }

    private struct Job {
        let program: String
        let event: ChangeEvent
    }

    private struct State {
        var program: String?
        var queue: [Job] = []
        var isDropping = false
        var hasThread = false
        /// Nanoseconds of the monotonic clock; nil until the service ends.
        var finishBy: Int64?
    }

    /// Events that no program got.
    package let dropped = Atomic<Int>(0)
    private let limits: Limits
    private let log: Logger
    /// Nanoseconds of the monotonic clock.
    private let clock: @Sendable () -> Int64
    private let state = Mutex(State())
    private let wakeup: Int32
    private let hasEnded = Atomic<Bool>(false)

    private static let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]

    package init(
        limits: Limits = Limits(), clock: @escaping @Sendable () -> Int64 = { MonotonicClock.nanoseconds() }, log: Logger
    ) throws(SystemError) {
        wakeup = eventfd(0, Int32(EFD_CLOEXEC))
        guard wakeup >= 0 else { throw SystemError("eventfd") }
        self.limits = limits
        self.clock = clock
        self.log = log
    }

    deinit { _ = close(wakeup) }

    /// - Parameter program: its path; nil: later events are ignored
    package func adopt(_ program: String?) {
        let needsThread = state.withLock { state in
            state.program = program
            defer { state.hasThread = state.hasThread || program != nil }
            return program != nil && !state.hasThread
        }
        guard needsThread else { return }
        do {
            try NamedThread(name: "hook") { [self] in run() }.detach()
        } catch {
            log.error("hook: cannot start, retried at the next reload", metadata: ["reason": "\(error.description)"])
            state.withLock { $0.hasThread = false }
        }
    }

    package func notify(_ event: ChangeEvent) {
        enum Outcome { case ignored, queued, dropped, firstDropped }
        let outcome = state.withLock { state -> Outcome in
            guard let program = state.program, state.finishBy == nil else { return .ignored }
            guard state.queue.count < limits.queued else {
                defer { state.isDropping = true }
                return state.isDropping ? .dropped : .firstDropped
            }
            state.isDropping = false
            state.queue.append(Job(program: program, event: event))
            return .queued
        }
        switch outcome {
        case .ignored: break
        case .queued: wake()
        case .dropped, .firstDropped:
            dropped.add(1, ordering: .relaxed)
            if outcome == .firstDropped { log.warning("hook: \(limits.queued) events are queued for the program, newer ones are dropped") }
        }
    }

    /// Runs the program for the queued events, for a bounded time, and ends the thread. Later events are ignored.
    package func finish() {
        let waits = state.withLock { state in
            state.finishBy = clock() + limits.finish.inNanoseconds
            return state.hasThread
        }
        guard waits else { return }
        wake()
        let last = MonotonicClock.nanoseconds() + (limits.finish + limits.patience + .seconds(1)).inNanoseconds
        while !hasEnded.load(ordering: .acquiring), MonotonicClock.nanoseconds() < last { _ = usleep(5000) }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeup, &one, 8)
    }

    // MARK: The thread

    private func run() {
        var isFinished = false
        while !isFinished {
            var count: UInt64 = 0
            _ = read(wakeup, &count, 8)
            while let job = next() { run(job) }
            isFinished = state.withLock { $0.finishBy != nil }
        }
        hasEnded.store(true, ordering: .releasing)
    }

    private func next() -> Job? {
        let (job, late) = state.withLock { state -> (Job?, Int) in
            if let limit = state.finishBy, clock() >= limit {
                defer { state.queue.removeAll() }
                return (nil, state.queue.count)
            }
            return (state.queue.isEmpty ? nil : state.queue.removeFirst(), 0)
        }
        if late > 0 {
            dropped.add(late, ordering: .relaxed)
            log.warning("hook: shutting down, \(late) queued events discarded")
        }
        return job
    }

    private func run(_ job: Job) {
        let name = job.event.name.rawValue
        let began = clock()
        do {
            let program = try ProgramRun(job.program, input: job.event.json, environment: Self.environment + ["PUPPETFRONT_EVENT=\(name)"])
            let (end, errorLine) = program.finish(hasTimedOut: { clock() >= self.limit(began) }, patience: limits.patience)
            guard end != .exited(0) else { return }
            let seconds = (clock() - began) / 1_000_000_000
            log.warning("hook: \(job.program) for \(name) \(Self.description(end, seconds))\(errorLine.isEmpty ? "" : ": \(errorLine)")")
        } catch {
            log.warning("hook: \(job.program) for \(name) cannot be run: \(error.description)")
        }
    }

    private func limit(_ began: Int64) -> Int64 {
        min(began + limits.run.inNanoseconds, state.withLock { $0.finishBy } ?? .max)
    }

    private static func description(_ end: ProgramRun.End, _ seconds: Int64) -> String {
        switch end {
        case .exited(let code): "ended with exit code \(code)"
        case .killed(let signal): "was ended by signal \(signal)"
        case .timedOut: "was killed after \(seconds) s"
        case .unavailable: "ended, exit status unavailable"
        }
    }
}
