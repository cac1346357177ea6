import Logging
import Network

/// systemd's watchdog: a word at half the interval, but only while the control loop (which calls `tick`) and every worker turn. One that
/// hangs in a request holds the word back until systemd ends the process.
final class Watchdog {
    private var workers: [Int: WorkerHandle]
    private var pulse: Pulse?
    private let log: Logger

    init(_ workers: [WorkerHandle], log: Logger) {
        self.workers = Dictionary(uniqueKeysWithValues: workers.enumerated().map { ($0, $1) })
        self.log = log
    }

    func tick() {
        if let pulse, !pulse.isComplete { return log.error("a worker does not turn: systemd's watchdog gets no word") }
        SystemdNotifier.notify("WATCHDOG=1")
        let next = Pulse(workers: workers.count)
        for worker in workers.values { worker.mailbox.post(.pulse(next)) }
        pulse = next
    }

    /// At the end of a drain: it is asked no more, and the others are asked anew.
    func workerEnded(_ number: Int) {
        workers[number] = nil
        pulse = nil
    }
}

extension ProxyServer {
    /// The first word comes with READY: systemd wants none before, and in a takeover listens to the other instance until then.
    /// - Parameter interval: nanoseconds
    func startWatchdog(_ interval: Int64) throws(SystemError) {
        watchdog = Watchdog(workers, log: log)
        tickers.append(try Ticker(every: max(1_000_000, interval / 2), on: loop) { [unowned self] in if isReady { watchdog?.tick() } })
    }
}
