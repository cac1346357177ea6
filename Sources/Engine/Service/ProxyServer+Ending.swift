import Logging
import Network
import Synchronization

/// The end: what runs is waited for, then all goes.
extension ProxyServer {
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        writeStateFile()
        notifyHook(.stopping)
        log.notice("draining", metadata: ["connections": "\(counters.connections.load(ordering: .relaxed))"])
        sockets.closeAll()
        for worker in workers { worker.mailbox.post(.drain(isReplaced: hasHandedOver)) }
        let limit = snapshot?.settings.timeouts.drain.inNanoseconds ?? 0
        tellDrain(limit)
        do {
            tickers.append(try Ticker(every: max(limit, 1_000_000), on: loop) { [unowned self] in stopNow() })
        } catch {
            stopNow()
        }
    }

    /// So that systemd waits, whatever TimeoutStopSec says. After a takeover it listens to the other instance.
    /// - Parameter limit: nanoseconds
    private func tellDrain(_ limit: Int64) {
        guard !hasHandedOver else { return }
        let microseconds = limit / 1000 + 10_000_000
        SystemdNotifier.notify("STOPPING=1\nEXTEND_TIMEOUT_USEC=\(microseconds)\nSTATUS=draining")
    }

    func stopNow() {
        if !isDraining, isReady { notifyHook(.stopping) }
        isDraining = true
        for worker in workers { worker.mailbox.post(.stop) }
    }

    func workerEnded(_ number: Int) {
        runningWorkers.remove(number)
        watchdog?.workerEnded(number)
        for reply in inquiries.ended(worker: number) { reply() }
        guard runningWorkers.isEmpty else { return }
        for worker in workers { worker.join() }
        writeStateFile()
        stateFile.finish()
        adminSocket?.close()
        adminSocket = nil
        adminHTTP?.close()
        adminHTTP = nil
        loop.stop()
    }
}
