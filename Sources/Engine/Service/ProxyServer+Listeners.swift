import Admin

/// What operators do to listeners. It holds over reloads, as long as the listener keeps its address.
extension ProxyServer {
    func setFrontend(_ name: String, _ state: ListenerReport.State) -> AdminOutcome {
        guard let index = snapshot?.settings.listeners.firstIndex(where: { $0.name == name }) else { return .refused("No such frontend.") }
        // No worker has a socket yet.
        guard isReady else { return .refused("This instance is not ready: try again.") }
        // The other has been told of the states already.
        guard handover == nil else { return .refused("Another instance is taking over: try again there.") }
        sockets.setState(index, state)
        for (number, worker) in workers.enumerated() {
            if state != .open {
                worker.mailbox.post(.pause(listener: name))
            } else {
                for socket in sockets.sockets(index, forWorker: number) { worker.mailbox.post(.unpause(socket)) }
            }
        }
        let word =
            switch state {
            case .open: "enabled"
            case .paused: "disabled"
            case .stopped: "shut down"
            }
        log.notice("listener \(word)", metadata: ["listener": "\(name)"])
        history.note("Listener \(name) was \(word) at run time.", now: .now)
        return .done
    }

    /// nil: not known.
    func listenerState(_ name: String) -> ListenerReport.State? {
        guard let index = snapshot?.settings.listeners.firstIndex(where: { $0.name == name }) else { return nil }
        let states = sockets.states
        return states.indices.contains(index) ? states[index] : .stopped
    }

    func setFrontendMaxconn(_ name: String, _ limit: Int) -> AdminOutcome {
        guard let entry = listenerLimits[name] else { return .refused("No such frontend.") }
        guard handover == nil else { return .refused("Another instance is taking over: try again there.") }
        entry.maximum.store(limit, ordering: .relaxed)
        return .done
    }
}
