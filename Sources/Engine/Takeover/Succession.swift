import Admin
import Logging
import Network

/// Who takes this instance's place? Starts a successor when asked to, and lets one instance at a time ask for the sockets. Until it has
/// replied `done`, this instance continues as before, whether or not the new one fails. On the control loop.
final class Succession {
    private unowned let server: ProxyServer
    /// What `start` runs, the program's path first.
    private let command: [String]
    private var isSuccessorRunning = false
    /// The conversation with an instance that asks for the sockets.
    private var handover: Handover?
    /// Conversations that wait for the end of a takeover.
    private var waiting: [UInt64] = []

    init(_ server: ProxyServer, command: [String]) {
        self.server = server
        self.command = command
    }

    var isHandingOver: Bool { handover != nil }

    // MARK: Starting a successor

    /// Starts the program again, whose file may be a newer version, to take over.
    /// - Returns: why not; nil: it is started.
    func start() -> String? {
        guard server.lifecycle == .ready, !isSuccessorRunning, handover == nil else {
            server.log.warning("no successor is started: one is under way, or this instance is not ready or draining")
            return "One is under way, or this instance is not ready or draining."
        }
        do {
            let pid = try Successor.start(command) { [mailbox = server.loop.mailbox] in mailbox.post(.successorEnded) }
            isSuccessorRunning = true
            server.log.notice("successor started", metadata: ["pid": "\(pid)"])
            return nil
        } catch {
            server.log.error("no successor can be started", metadata: ["reason": "\(error.description)"])
            return error.description
        }
    }

    /// After `start`: the inquiry gets its result when the successor has taken over, or has ended.
    func await(_ inquiry: UInt64) { waiting.append(inquiry) }

    /// It has reported the reason itself, in the same log.
    func successorEnded() {
        isSuccessorRunning = false
        server.log.error("the successor has ended", metadata: ["handed_over": "\(server.lifecycle.isReplaced)"])
        answer(.outcome(.refused("The new instance has ended; its reason is in the log.")))
    }

    private func answer(_ finding: AdminFinding) {
        let answered = waiting
        waiting = []
        for inquiry in answered { server.administration.answered(inquiry, finding) }
    }

    // MARK: Handing over

    /// - Returns: what is handed over; nil: another instance is asking already.
    func begin(_ handover: Handover) -> (manifest: TakeoverManifest, descriptors: [Int32])? {
        guard self.handover == nil else { return nil }
        self.handover = handover
        let listeners = server.listeners.handOver()
        let administration = server.administration.descriptorsToHandOver()
        var manifest = TakeoverManifest()
        manifest.entries = listeners.entries + administration.entries
        return (manifest, listeners.descriptors + administration.descriptors)
    }

    /// - Parameter pid: of the new instance; systemd watches that process from here on.
    func handOver(to pid: Int32?) {
        if let pid { SystemdNotifier.notify("MAINPID=\(pid)") }
        server.log.notice("handed over", metadata: ["pid": "\(pid ?? 0)"])
        server.peers.close()
        server.administration.handOver()
        server.shutdown.drain(isReplaced: true)
        answer(.takenOver(pid: pid))
    }

    /// The conversation is over.
    func ended(_ handover: Handover, isDone: Bool) {
        guard self.handover === handover else { return }
        self.handover = nil
        if !isDone { server.log.warning("the takeover was given up: this instance continues") }
    }
}
