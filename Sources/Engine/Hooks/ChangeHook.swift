import CLinux
import Logging
import Network
import Synchronization

/// Runs the operator's program (`hooks.on_change`) once for each change, on a thread of its own: one at a time, each for a bounded time,
/// and no more than a bounded number waiting. Whoever tells of a change never waits.
///
/// The program gets the event as JSON on standard input and its name in PUPPETFRONT_EVENT. An event goes to the program that was set when
/// it happened. What the program leaves in the background when it ends is its own.
final class ChangeHook: Sendable {
    struct Limits: Sendable {
        /// Events; newer ones are dropped and counted.
        var waiting = 256
        var run: Duration = .seconds(30)
        /// From SIGTERM to SIGKILL.
        var patience: Duration = .seconds(2)
        /// For all that wait when the service ends.
        var finish: Duration = .seconds(5)
    }

    private struct Job {
        let program: String
        let event: ChangeEvent
    }

    private struct State {
        var program: String?
        var waiting: [Job] = []
        var isDropping = false
        var hasThread = false
        /// Nanoseconds of the monotonic clock; nil until the service ends.
        var finishBy: Int64?
    }

    /// Events that nobody was told.
    let dropped = Atomic<Int>(0)
    private let limits: Limits
    private let log: Logger
    private let state = Mutex(State())
    private let wakeup: Int32
    private let hasEnded = Atomic<Bool>(false)

    private static let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]

    init(limits: Limits = Limits(), log: Logger) throws(SystemError) {
        wakeup = eventfd(0, Int32(EFD_CLOEXEC))
        guard wakeup >= 0 else { throw SystemError("eventfd") }
        self.limits = limits
        self.log = log
    }

    deinit { _ = close(wakeup) }

    /// - Parameter program: its path; nil: later changes are told to nobody
    func adopt(_ program: String?) {
        let needsThread = state.withLock { state in
            state.program = program
            defer { state.hasThread = state.hasThread || program != nil }
            return program != nil && !state.hasThread
        }
        if needsThread { WorkerThread(name: "hook") { [self] in run() }.detach() }
    }

    func tell(_ event: ChangeEvent) {
        enum Outcome { case unwanted, taken, dropped, firstDropped }
        let outcome = state.withLock { state -> Outcome in
            guard let program = state.program, state.finishBy == nil else { return .unwanted }
            guard state.waiting.count < limits.waiting else {
                defer { state.isDropping = true }
                return state.isDropping ? .dropped : .firstDropped
            }
            state.isDropping = false
            state.waiting.append(Job(program: program, event: event))
            return .taken
        }
        switch outcome {
        case .unwanted: break
        case .taken: wake()
        case .dropped, .firstDropped:
            dropped.add(1, ordering: .relaxed)
            if outcome == .firstDropped { log.warning("hook: \(limits.waiting) changes wait for the program, newer ones are dropped") }
        }
    }

    /// Gives what waits its last time, and ends the thread. Nothing is taken any more.
    func finish() {
        let waits = state.withLock { state in
            state.finishBy = MonotonicClock.nanoseconds() + limits.finish.inNanoseconds
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
            if let limit = state.finishBy, MonotonicClock.nanoseconds() >= limit {
                defer { state.waiting.removeAll() }
                return (nil, state.waiting.count)
            }
            return (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), 0)
        }
        if late > 0 {
            dropped.add(late, ordering: .relaxed)
            log.warning("hook: the service ends, \(late) changes were told to nobody")
        }
        return job
    }

    private func run(_ job: Job) {
        let name = job.event.name.rawValue
        let began = MonotonicClock.nanoseconds()
        do {
            let program = try ProgramRun(job.program, input: job.event.json, environment: Self.environment + ["PUPPETFRONT_EVENT=\(name)"])
            let (end, words) = program.finish(limit: { self.limit(began) }, patience: limits.patience)
            guard end != .exited(0) else { return }
            let seconds = (MonotonicClock.nanoseconds() - began) / 1_000_000_000
            log.warning("hook: \(job.program) for \(name) \(Self.words(end, seconds))\(words.isEmpty ? "" : ": \(words)")")
        } catch {
            log.warning("hook: \(job.program) for \(name) cannot be run: \(error.description)")
        }
    }

    private func limit(_ began: Int64) -> Int64 {
        min(began + limits.run.inNanoseconds, state.withLock { $0.finishBy } ?? .max)
    }

    private static func words(_ end: ProgramRun.End, _ seconds: Int64) -> String {
        switch end {
        case .exited(let code): "ended with exit code \(code)"
        case .killed(let signal): "was ended by signal \(signal)"
        case .tookTooLong: "was killed after \(seconds) s"
        case .gone: "ended, nobody knows how"
        }
    }
}
