import Logging
import Network

/// Sends WATCHDOG=1 at half the interval, but only if the control loop (which calls `tick`) and every worker made progress since the last
/// one. Otherwise systemd ends the process.
final class Watchdog {
    private let workers: WorkerGroup
    private let log: Logger
    private var pulse: Pulse?

    init(_ workers: WorkerGroup, log: Logger) {
        self.workers = workers
        self.log = log
    }

    func tick() {
        if let pulse, !pulse.isComplete { return log.error("worker is not making progress: withholding systemd watchdog ping") }
        SystemdNotifier.notify("WATCHDOG=1")
        let running = workers.runningNumbers
        let next = Pulse(workers: running.count)
        for number in running { workers.post(.pulse(next), to: number) }
        pulse = next
    }

    /// At the end of a drain: it gets no more pulses, and the others get a new one.
    func workerEnded() { pulse = nil }
}
