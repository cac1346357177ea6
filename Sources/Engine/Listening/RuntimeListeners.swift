import Admin

/// What operators do to listeners at run time. It survives reloads, as long as the listener keeps its address. On the control loop.
struct RuntimeListeners {
    let server: ProxyServer

    /// nil: not known.
    func state(_ name: String) -> ListenerReport.State? { index(name).map(server.listeners.state) }

    func setState(_ name: String, _ state: ListenerReport.State) -> AdminOutcome {
        guard let index = index(name) else { return .refused("No such frontend.") }
        // No worker has a socket yet.
        guard server.lifecycle.hasBeenReady else { return .refused("This instance is not ready: try again.") }
        // The new instance has the states already.
        guard !server.succession.isHandingOver else { return .refused("Another instance is taking over: try again there.") }
        server.listeners.setState(index, state)
        for number in 0..<server.workers.count {
            if state != .open {
                server.workers.post(.pause(listener: name), to: number)
            } else {
                for socket in server.listeners.sockets(index, forWorker: number) { server.workers.post(.unpause(socket), to: number) }
            }
        }
        let verb =
            switch state {
            case .open: "enabled"
            case .paused: "disabled"
            case .stopped: "shut down"
            }
        server.log.notice("listener \(verb)", metadata: ["listener": "\(name)"])
        server.changes.note("Listener \(name) was \(verb) at run time.")
        return .done
    }

    func setConnectionLimit(_ name: String, _ limit: Int) -> AdminOutcome {
        guard !server.succession.isHandingOver else { return .refused("Another instance is taking over: try again there.") }
        return server.listeners.setConnectionLimit(name, limit) ? .done : .refused("No such frontend.")
    }

    private func index(_ name: String) -> Int? { server.configuration.settings?.listeners.firstIndex { $0.name == name } }
}
