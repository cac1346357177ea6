import Logging
import Network

/// Sends WATCHDOG=1 at half the interval, but only if the control loop (which calls `tick`) and every worker made progress since the last
/// one. Otherwise systemd ends the process.
final class Watchdog {
    private var workers: [Int: WorkerHandle]
    private var pulse: Pulse?
    private let log: Logger

    init(_ workers: [WorkerHandle], log: Logger) {
        self.workers = Dictionary(uniqueKeysWithValues: workers.enumerated().map { ($0, $1) })
        self.log = log
    }

    func tick() {
        if let pulse, !pulse.isComplete { return log.error("worker is not making progress: withholding systemd watchdog ping") }
        SystemdNotifier.notify("WATCHDOG=1")
        let next = Pulse(workers: workers.count)
        for worker in workers.values { worker.mailbox.post(.pulse(next)) }
        pulse = next
    }

    /// At the end of a drain: it gets no more pulses, and the others get a new one.
    func workerEnded(_ number: Int) {
        workers[number] = nil
        pulse = nil
    }
}

extension ProxyServer {
    /// The first ping comes with READY: before it systemd expects none, and in a takeover listens to the old instance.
    /// - Parameter interval: nanoseconds
    func startWatchdog(_ interval: Int64) throws(SystemError) {
        watchdog = Watchdog(workers, log: log)
        tickers.append(try Ticker(every: max(1_000_000, interval / 2), on: loop) { [unowned self] in if isReady { watchdog?.tick() } })
    }
}
