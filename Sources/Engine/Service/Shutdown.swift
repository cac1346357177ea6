import Logging
import Model
import Network
import Synchronization

/// How does the service end? Drains: what runs is finished, for a bounded time, then everything is closed. On the control loop.
final class Shutdown {
    private unowned let server: ProxyServer
    /// Ends the drain when its time is up.
    private var limit: Ticker<ControlMessage>?

    init(_ server: ProxyServer) { self.server = server }

    /// - Parameter isReplaced: a new instance has the sockets
    func drain(isReplaced: Bool = false) {
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
        server.workers.post(.stop)
    }

    func workerEnded(_ number: Int) {
        server.workers.workerEnded(number)
        server.tickers.workerEnded()
        server.administration.workerEnded(number)
        guard server.workers.isEmpty else { return }
        server.workers.join()
        server.state.finish()
        server.administration.close()
        server.loop.stop()
    }
}
