import CLinux
import Logging
import Network
import Settings
import Synchronization
import Telemetry

/// The access log's thread. Lines that cannot be written stay in the buffer and are retried: an outage loses only lines beyond the bound.
/// A line written in part is finished before the next one, or left as a line of its own that is counted as lost.
struct AccessLogThread: ~Copyable {
    private let log: AccessLogWriter
    private var target: LogSettings.Target = .none
    private var form = LogSettings.SyslogForm.rfc5424
    private var output: LogOutput?
    private var lines: [UInt8] = []
    /// Number of bytes of `lines` that are written or given up.
    private var done = 0
    /// Consecutive failures; 0 while the output works. After one, a single line is written and its result awaited before the rest follows.
    private var failures = 0
    private var isOnProbation = false
    private var retryAt: Int64 = 0
    private var outage: OutageTracker
    private var knownDropped = 0
    /// `knownDropped` before the present outage.
    private var droppedBefore = 0
    /// How long lines collect before they are taken, microseconds.
    private static let gatherTime: UInt32 = 10_000

    init(_ log: AccessLogWriter) {
        self.log = log
        outage = OutageTracker(quietPeriod: log.limits.quietPeriod)
    }

    mutating func run() {
        while true {
            let isDone = done == lines.count
            if isDone {
                log.noteWritten()
                // Not line by line: each turn costs this thread a write, and a worker a wake-up.
                _ = usleep(Self.gatherTime)
            }
            let configuration = isDone ? log.take(&lines) : log.takeConfiguration()
            if isDone { done = 0 }
            if configuration.reopens { adopt(configuration) }
            if target == .none { done = lines.count }
            noteLosses(isDone: isDone)
            if let limit = configuration.finishBy, done == lines.count || failures > 1 || now >= limit { break }
            step(configuration.finishBy)
        }
        end()
    }

    private var now: Int64 { MonotonicClock.nanoseconds() }

    private mutating func step(_ finishBy: Int64?) {
        if failures > 0 {
            guard now >= retryAt else { return log.wait(until: earlier(retryAt, finishBy)) }
            if isOnProbation { return confirmRecovery() }
        }
        guard target == .none || isOpen() else { return }
        guard done < lines.count else {
            return log.wait(until: outage.isOngoing || failures > 0 ? now + log.limits.retry.inNanoseconds : nil)
        }
        let rest = failures > 0 ? lines[done...].firstLine : lines[done...]
        switch output?.write(rest) {
        case .accepted(let count):
            done += count
            if failures > 0, lines[done - 1] == 0x0A {
                isOnProbation = true
                retryAt = now + log.limits.retry.inNanoseconds
            }
        case .blocked:
            log.wait(until: earlier(outage.isOngoing ? now + log.limits.retry.inNanoseconds : nil, finishBy), output: output?.number)
        case .failed(let error): failed(error)
        case nil: break
        }
    }

    private func earlier(_ one: Int64?, _ other: Int64?) -> Int64? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    // MARK: The output

    private mutating func adopt(_ configuration: AccessLogWriter.Configuration) {
        form = configuration.form
        // Standard output cannot be opened again.
        if configuration.target == .stdout, target == .stdout { return }
        target = configuration.target
        close()
        log.lookup.forget()
        failures = 0
        isOnProbation = false
    }

    /// Opens the target where that is due. False: not possible now.
    private mutating func isOpen() -> Bool {
        if output != nil { return true }
        do throws(SystemError) {
            switch target {
            case .none: return false
            case .stdout: output = LogOutput(LogStream())
            case .file(let path): output = LogOutput(try LogStream(path: path))
            case .syslog(.socket(let path)): output = LogOutput(try SyslogOutput(toSocketAt: path, header))
            case .syslog(.udp(let address)):
                switch log.lookup.address(of: address, whenKnown: { [log] in log.wake() }) {
                case .running:
                    log.wait(until: now + log.limits.retry.inNanoseconds)
                    return false
                case .known(nil): throw SystemError("no address for \(address.host)", code: ENXIO)
                case .known(let found?): output = LogOutput(try SyslogOutput(to: found, header))
                }
            }
            return true
        } catch {
            failed(error)
            return false
        }
    }

    private var header: SyslogHeader { SyslogHeader(form, hostName: HostName.current, processID: getpid()) }

    /// The rest of a line that was written in part is lost with the output.
    private mutating func close() {
        output = nil
        guard done > 0, done < lines.count, lines[done - 1] != 0x0A else { return }
        let rest = lines[done...].firstLine
        drop(rest)
        done = rest.endIndex
    }

    // MARK: Outages

    /// The first failure is retried at once, since a daemon may just have been restarted; the second one is logged.
    private mutating func failed(_ error: SystemError) {
        failures += 1
        isOnProbation = false
        retryAt = failures == 1 ? 0 : now + log.limits.retry.inNanoseconds
        noteLosses(isDone: false)
        if output?.isWorthKeeping(after: error) != true {
            close()
            log.lookup.forget()
        }
        if failures > 1 { report(error.description, isFailure: true) }
    }

    /// Looks at the result of the line that was written after a failure.
    private mutating func confirmRecovery() {
        if let error = output?.takeError() { return failed(error) }
        isOnProbation = false
        failures = 0
    }

    /// Counts lost lines, and logs the end of an outage.
    private mutating func noteLosses(isDone: Bool) {
        let lost = output?.takeLinesLost() ?? 0
        if lost > 0 { log.linesDropped.add(lost, ordering: .relaxed) }
        let dropped = log.linesDropped.load(ordering: .relaxed)
        if dropped > knownDropped, failures == 0 { report("takes lines more slowly than they come", isFailure: false) }
        knownDropped = dropped
        if failures == 0, !outage.isOngoing { droppedBefore = dropped }
        guard isDone, failures == 0, let over = outage.recordSuccess(linesDropped: dropped, now: now) else { return }
        log.log.notice("access log: \(target.description) is written to again after \(over.seconds) s, \(over.linesLost) lines were lost")
    }

    private mutating func report(_ reason: String, isFailure: Bool) {
        guard outage.recordProblem(isFailure: isFailure, linesDropped: droppedBefore, now: now) else { return }
        log.log.error(
            "access log: \(target.description): \(reason); lines wait, and those beyond \(log.limits.buffered >> 20) MiB are lost")
    }

    private func drop(_ lines: ArraySlice<UInt8>) { log.linesDropped.add(lines.lineCount, ordering: .relaxed) }

    /// Lines not written by now are lost.
    private mutating func end() {
        _ = output?.takeError()
        drop(lines[done...])
        _ = log.take(&lines)
        drop(lines[...])
        log.linesDropped.add(output?.takeLinesLost() ?? 0, ordering: .relaxed)
        let lost = log.linesDropped.load(ordering: .relaxed) - droppedBefore
        if lost > 0 { log.log.error("access log: \(target.description) is given up, \(lost) lines were lost") }
    }
}
