import Admin
import Logging
import Model
import Network
import Synchronization

/// How does the service end? Drains: what runs is finished, for a bounded time, then everything is closed. On the control loop.
final class Shutdown {
    private unowned let server: ProxyServer
    /// Ends the drain when its time is up.
    private var limit: Ticker<ControlMessage>?
    /// Inquiries that wait for the end, with what ends the wait before.
    private var waiting: [UInt64: Ticker<ControlMessage>?] = [:]
    /// Ends the time in which agents still come by the old route.
    private var settling: Ticker<ControlMessage>?
    /// What was closed before it had ended.
    private var cut = DrainReport(hasEnded: true, connections: 0, queuedRequests: 0)

    init(_ server: ProxyServer) { self.server = server }

    /// The route is withdrawn, and the listeners are still open.
    var isSettling: Bool { settling != nil && !server.lifecycle.isDraining }

    /// Where this instance announces the service address, it withdraws it first, and goes on accepting until routers have settled.
    /// - Parameter isReplaced: a new instance has the sockets
    func drain(isReplaced: Bool = false) {
        if isReplaced {
            server.announcements.handOver()
        } else if !server.lifecycle.isDraining {
            if isSettling { return }
            if let settle = server.announcements.beginLeaving(), settle > .zero {
                settling = try? Ticker(every: settle.inNanoseconds, on: server.loop) { [unowned self] in drainNow(isReplaced: false) }
                if settling != nil {
                    server.log.notice("withdrawn, draining soon", metadata: ["settle_seconds": "\(settle.components.seconds)"])
                    return SystemdNotifier.notifyDrain(settle + (server.configuration.settings?.timeouts.drain ?? .zero))
                }
            }
        }
        drainNow(isReplaced: isReplaced)
    }

    private func drainNow(isReplaced: Bool) {
        guard server.beginDrain(isReplaced: isReplaced) else { return }
        if isReplaced { server.tickers.stopWatchdog() }
        server.state.write()
        server.changes.notifier.notify(.stopping)
        server.log.notice("draining", metadata: ["connections": "\(server.workers.counters.connections.load(ordering: .relaxed))"])
        server.listeners.closeAll()
        server.workers.post(.drain(isReplaced: isReplaced))
        let time = server.configuration.settings?.timeouts.drain ?? .zero
        // So that systemd waits, whatever TimeoutStopSec says. After a takeover it listens to the new instance.
        if !isReplaced { SystemdNotifier.notifyDrain(time) }
        do {
            limit = try Ticker(every: max(time, .milliseconds(1)).inNanoseconds, on: server.loop) { [unowned self] in stopNow() }
        } catch {
            stopNow()
        }
    }

    /// Closes everything that still runs.
    func stopNow() {
        let wasReady = server.lifecycle == .ready
        if server.beginDrain(isReplaced: false), wasReady { server.changes.notifier.notify(.stopping) }
        cut = progress(hasEnded: true)
        server.workers.post(.stop)
    }

    private func progress(hasEnded: Bool) -> DrainReport {
        let counters = server.workers.counters
        return DrainReport(
            hasEnded: hasEnded, connections: counters.connections.load(ordering: .relaxed),
            queuedRequests: counters.waiting.load(ordering: .relaxed))
    }

    /// The inquiry is answered when the process has drained, at most so many seconds from now.
    func await(_ inquiry: UInt64, seconds: Int?) {
        let patience = seconds.map { max(1_000_000, Int64($0) * 1_000_000_000) }
        let ticker = patience.flatMap { patience in
            try? Ticker(every: patience, on: server.loop) { [unowned self] in answer(inquiry, progress(hasEnded: false)) }
        }
        waiting[inquiry] = .some(ticker)
    }

    private func answer(_ inquiry: UInt64, _ report: DrainReport) {
        guard let ticker = waiting.removeValue(forKey: inquiry) else { return }
        if let ticker { server.loop.remove(ticker) }
        server.administration.answered(inquiry, .drained(report))
    }

    func workerEnded(_ number: Int) {
        server.workers.workerEnded(number)
        server.tickers.workerEnded()
        server.administration.workerEnded(number)
        guard server.workers.isEmpty else { return }
        server.workers.join()
        server.state.finish()
        for inquiry in Array(waiting.keys) { answer(inquiry, cut) }
        server.peers.close()
        server.administration.close()
        server.loop.stop()
    }
}
