import CLinux
import Logging
import Network
import Settings
import Synchronization
import Telemetry

/// The access log's thread. Lines that cannot be written wait and are tried again: an outage costs what comes beyond the bound, not more.
/// A line that was written in part is finished before the next one, or left as a line of its own that is counted as lost.
struct AccessLogThread: ~Copyable {
    private let log: AccessLogWriter
    private var target: LogSettings.Target = .none
    private var form = LogSettings.SyslogForm.rfc5424
    private var output: LogOutput?
    private var lines: [UInt8] = []
    /// So many bytes of `lines` are written, or given up.
    private var done = 0
    /// In a row; 0 while the output works. After one, a single line is written and its fate awaited before the rest follows.
    private var failures = 0
    private var isOnProbation = false
    private var retryAt: Int64 = 0
    private var trouble: LogTrouble
    private var knownDropped = 0
    /// The same before the trouble of now.
    private var droppedBefore = 0
    /// How long lines may gather before they are taken, microseconds.
    private static let gatherTime: UInt32 = 10_000

    init(_ log: AccessLogWriter) {
        self.log = log
        trouble = LogTrouble(calm: log.limits.calm)
    }

    mutating func run() {
        while true {
            let isDone = done == lines.count
            if isDone {
                log.noteWritten()
                // Not line by line: each time costs this thread a write, and a worker a wake-up.
                _ = usleep(Self.gatherTime)
            }
            let orders = isDone ? log.take(&lines) : log.takeOrders()
            if isDone { done = 0 }
            if orders.opens { adopt(orders) }
            if target == .none { done = lines.count }
            noteLosses(isDone: isDone)
            if let limit = orders.finishBy, done == lines.count || failures > 1 || now >= limit { break }
            step(orders.finishBy)
        }
        end()
    }

    private var now: Int64 { MonotonicClock.nanoseconds() }

    private mutating func step(_ finishBy: Int64?) {
        if failures > 0 {
            guard now >= retryAt else { return log.wait(until: earlier(retryAt, finishBy)) }
            if isOnProbation { return judge() }
        }
        guard target == .none || isOpen() else { return }
        guard done < lines.count else {
            return log.wait(until: trouble.isOn || failures > 0 ? now + log.limits.retry.inNanoseconds : nil)
        }
        let rest = failures > 0 ? lines[done...].firstLine : lines[done...]
        switch output?.write(rest) {
        case .took(let count):
            done += count
            if failures > 0, lines[done - 1] == 0x0A {
                isOnProbation = true
                retryAt = now + log.limits.retry.inNanoseconds
            }
        case .blocked: log.wait(until: earlier(trouble.isOn ? now + log.limits.retry.inNanoseconds : nil, finishBy), output: output?.number)
        case .failed(let error): failed(error)
        case nil: break
        }
    }

    private func earlier(_ one: Int64?, _ other: Int64?) -> Int64? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    // MARK: The output

    private mutating func adopt(_ orders: AccessLogWriter.Orders) {
        form = orders.form
        // Standard output is what it is.
        if orders.target == .stdout, target == .stdout { return }
        target = orders.target
        close()
        log.lookup.forget()
        failures = 0
        isOnProbation = false
    }

    /// Opens the target where that is due. False: not now.
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

    private var header: SyslogHeader { SyslogHeader(form, hostName: ProxyServer.hostName, processID: getpid()) }

    /// The rest of a line that is begun is lost with the output.
    private mutating func close() {
        output = nil
        guard done > 0, done < lines.count, lines[done - 1] != 0x0A else { return }
        let rest = lines[done...].firstLine
        drop(rest)
        done = rest.endIndex
    }

    // MARK: Trouble

    /// The first time it is tried again at once, since a daemon may just have been started anew; then it is told.
    private mutating func failed(_ error: SystemError) {
        failures += 1
        isOnProbation = false
        retryAt = failures == 1 ? 0 : now + log.limits.retry.inNanoseconds
        noteLosses(isDone: false)
        if output?.isWorthKeeping(after: error) != true {
            close()
            log.lookup.forget()
        }
        if failures > 1 { sign(error.description, isFailure: true) }
    }

    /// What became of the line that was written after a failure.
    private mutating func judge() {
        if let error = output?.takeError() { return failed(error) }
        isOnProbation = false
        failures = 0
    }

    /// Counts what was lost on the way, and sees whether it is over.
    private mutating func noteLosses(isDone: Bool) {
        let lost = output?.takeLinesLost() ?? 0
        if lost > 0 { log.linesDropped.add(lost, ordering: .relaxed) }
        let dropped = log.linesDropped.load(ordering: .relaxed)
        if dropped > knownDropped, failures == 0 { sign("takes lines more slowly than they come", isFailure: false) }
        knownDropped = dropped
        if failures == 0, !trouble.isOn { droppedBefore = dropped }
        guard isDone, failures == 0, let over = trouble.works(linesDropped: dropped, now: now) else { return }
        log.log.notice("access log: \(target.words) is written to again after \(over.seconds) s, \(over.linesLost) lines were lost")
    }

    private mutating func sign(_ reason: String, isFailure: Bool) {
        guard trouble.sign(isFailure: isFailure, linesDropped: droppedBefore, now: now) else { return }
        log.log.error("access log: \(target.words): \(reason); lines wait, and those beyond \(log.limits.waiting >> 20) MiB are lost")
    }

    private func drop(_ lines: ArraySlice<UInt8>) { log.linesDropped.add(lines.lineCount, ordering: .relaxed) }

    /// What is not written now never will be.
    private mutating func end() {
        _ = output?.takeError()
        drop(lines[done...])
        _ = log.take(&lines)
        drop(lines[...])
        log.linesDropped.add(output?.takeLinesLost() ?? 0, ordering: .relaxed)
        let lost = log.linesDropped.load(ordering: .relaxed) - droppedBefore
        if lost > 0 { log.log.error("access log: \(target.words) is given up, \(lost) lines were lost") }
    }
}
