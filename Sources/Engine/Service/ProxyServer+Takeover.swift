import Admin
import Logging
import Model
import Network
import Settings

/// One instance takes another's place: the listening sockets, the runtime socket with its lock, and what outlives a process go over.
/// Until the old one has said `done` it goes on as it was, whatever becomes of the new one.
extension ProxyServer {
    // MARK: The old instance

    func bequest() -> (bequest: Bequest, descriptors: [Int32]) {
        var bequest = Bequest()
        var descriptors: [Int32] = []
        for listener in sockets.bound {
            let maxconn = listenerLimits[listener.name]?.maximum.load(ordering: .relaxed) ?? 0
            bequest.entries.append(
                .listener(
                    .init(
                        name: listener.name, wanted: listener.wanted, isShared: listener.isShared, state: listener.state, maxconn: maxconn,
                        count: listener.descriptors.count)))
            descriptors += listener.descriptors
        }
        if let adminHTTP {
            bequest.entries.append(.adminHTTP(adminHTTP.wanted))
            descriptors.append(adminHTTP.descriptor)
        }
        if let adminSocket {
            bequest.entries.append(.adminSocket)
            descriptors += adminSocket.heirlooms
        }
        return (bequest, descriptors)
    }

    /// - Parameter pid: who has it all now; systemd watches that process from here on.
    func handOver(to pid: Int32?) {
        hasHandedOver = true
        if let pid { SystemdNotifier.notify("MAINPID=\(pid)") }
        watchdog = nil
        log.notice("handed over", metadata: ["pid": "\(pid ?? 0)"])
        adminSocket?.handOver()
        adminHTTP?.handOver()
        drain()
    }

    /// Starts the program anew, which may be another one by now, to take over.
    func startSuccessor() {
        guard !isDraining, !isSuccessorRunning, handover == nil, isReady else {
            return log.warning("no successor is started: one is under way, or this instance is not ready or draining")
        }
        do {
            let pid = try Successor.start(successor) { [mailbox = loop.mailbox] in mailbox.post(.successorEnded) }
            isSuccessorRunning = true
            log.notice("successor started", metadata: ["pid": "\(pid)"])
        } catch {
            log.error("no successor can be started", metadata: ["reason": "\(error.description)"])
        }
    }

    /// It has told itself why, in the same log.
    func successorEnded() {
        isSuccessorRunning = false
        log.error("the successor has ended", metadata: ["handed_over": "\(hasHandedOver)"])
    }

    // MARK: The new instance

    /// Asks the running instance for its sockets. Without one this instance starts as any other.
    func beginTakeover(_ settings: ProxySettings) throws(MaterialProblems) {
        guard let path = settings.admin.socket?.path else {
            throw MaterialProblems(lines: ["--takeover: the configuration has no admin.socket, over which it goes"])
        }
        do {
            let takeover = try Takeover(path: path)
            listenerLimits = takeover.listenerLimits
            self.takeover = takeover
        } catch {
            switch error {
            case .nobody: log.notice("nothing to take over: nobody listens", metadata: ["socket": "\(path)"])
            case .told(let reason): throw MaterialProblems(lines: ["--takeover: \(path): \(reason)"])
            }
        }
    }

    /// As `openAdminHTTP`, with the other instance's socket where it has the address. Begins in `completeTakeover`.
    func prepareAdminHTTP(_ settings: AdminSettings.HTTP, _ takeover: Takeover) throws(MaterialProblems) {
        guard let socket = takeover.takeAdminHTTP({ $0 == .adminHTTP(settings.address) }) else {
            do {
                adminHTTP = try AdminHTTPListener(settings, materials, server: self)
            } catch {
                throw MaterialProblems(lines: ["admin.http \(SocketAddress(settings.address).text): \(error.description)"])
            }
            return
        }
        adminHTTP = AdminHTTPListener(settings, socket, materials, server: self)
    }

    /// Everything is there: the state comes over, and the other drains. False: it did not work, and the other goes on.
    func completeTakeover(_ takeover: Takeover, _ settings: AdminSettings) -> Bool {
        do {
            restore(try SavedState(takeover.state(bound: Self.stateBound)), from: "takeover")
            guard materials.ticketKeys.inherit(try takeover.ticketKeys()) else { throw Takeover.Failure.told("these are no ticket keys") }
            try takeover.finish()
            beginAdministration(takeover, settings)
            return true
        } catch let failure as Takeover.Failure {
            if case .told(let reason) = failure { log.critical("takeover failed", metadata: ["reason": "\(reason)"]) }
        } catch let fault as SavedState.Fault {
            log.critical("takeover failed", metadata: ["reason": "state, line \(fault.line): \(fault.message)"])
        } catch {
            log.critical("takeover failed", metadata: ["reason": "\(error)"])
        }
        return false
    }

    /// From here on there is no way back: what goes wrong is told.
    private func beginAdministration(_ takeover: Takeover, _ settings: AdminSettings) {
        do {
            if let socket = settings.socket, let listener = takeover.takeAdminSocket(path: socket.path) {
                let opened = try AdminSocket(socket, listener, server: self)
                opened.adopt(socket)
                adminSocket = opened
            }
            try adminHTTP?.begin()
        } catch {
            log.error("no administration after the takeover", metadata: ["reason": "\(error)"])
        }
        self.takeover = nil
    }
}
