import Logging
import Network
import Puppet
import Settings
import TLS

/// A worker's listeners: a TLS context of its own for each, and the sockets it accepts on.
final class WorkerListeners {
    private unowned(unsafe) let worker: Worker
    private var acceptors: [Acceptor] = []
    private var contexts: [ListenerContext] = []
    /// By listener; each empties itself when its trust changes.
    private var verified: [String: VerifiedCertificateCache] = [:]

    init(_ worker: Worker) { self.worker = worker }

    /// No socket is accepted on (any more).
    var isClosed: Bool { acceptors.isEmpty }

    /// Another configuration.
    func adopt(_ snapshot: Snapshot, _ sockets: [ListeningSocket]) {
        let before = acceptors
        acceptors.removeAll()
        contexts.removeAll()
        let names = Set(snapshot.settings.listeners.map(\.name))
        verified = verified.filter { names.contains($0.key) }
        for (index, settings) in snapshot.settings.listeners.enumerated() {
            contexts.append(context(settings, snapshot.listenerTLS[index], snapshot.listenerLimits[index], snapshot.generation))
        }
        for acceptor in before {
            let old = acceptor.listener.settings
            // Closing the socket would reset connections that are in its accept queue, so they are accepted first.
            if !contexts.contains(where: { $0.settings.hasSocket(boundTo: old.address, for: old.name) }) { acceptor.acceptAll() }
            stopAccepting(acceptor)
        }
        for socket in sockets { accept(on: socket) }
    }

    func accept(on socket: ListeningSocket, wasPaused: Bool = false) {
        let acceptor = Acceptor(contexts[socket.listener], socket: socket, worker: worker)
        guard !worker.isDraining else { return }
        acceptors.append(acceptor)
        do {
            if wasPaused { try acceptor.unpause() }
            try worker.loop.add(acceptor, descriptor: acceptor.descriptor, interest: acceptor.isShared ? .sharedInput : .edges)
        } catch {
            worker.log.error("cannot listen", metadata: ["reason": "\(error.description)"])
        }
        acceptor.resume()
    }

    /// The descriptor is a copy, and closing a copy does not take it out of epoll.
    private func stopAccepting(_ acceptor: Acceptor) {
        worker.loop.unwatch(acceptor.descriptor)
        worker.loop.remove(acceptor)
    }

    /// An operator wants no new connections at this listener.
    func pause(_ name: String) {
        for acceptor in acceptors where acceptor.listener.settings.name == name {
            acceptor.pause()
            stopAccepting(acceptor)
        }
        acceptors.removeAll { $0.listener.settings.name == name }
    }

    /// Accepts what is in the accept queues already, which would be reset with them, and nothing after that.
    func close() {
        for acceptor in acceptors {
            acceptor.acceptAll()
            stopAccepting(acceptor)
        }
        acceptors.removeAll()
    }

    private func context(
        _ settings: ListenerSettings, _ material: ServerTLSMaterial?, _ limit: ListenerLimit, _ generation: Int
    ) -> ListenerContext {
        guard let material else { return ListenerContext(settings, limit: limit, tls: nil, generation: generation) }
        let cache = verified[settings.name] ?? VerifiedCertificateCache()
        verified[settings.name] = cache
        do {
            let tls = try ServerTLSContext(
                material, identityFields: { IdentityHeaders.block(distinguishedName: $0, der: $1) }, verified: cache,
                offersHTTP2: settings.http2)
            return ListenerContext(settings, limit: limit, tls: tls, generation: generation)
        } catch {
            // The same material made a context when the snapshot was built, so this is memory or OpenSSL itself. A listener without its
            // context must not serve: neither in plain, nor by older CAs and CRLs.
            worker.log.error("listener \(settings.name): no TLS context, will be retried", metadata: ["reason": "\(error.description)"])
            return ListenerContext(settings, limit: limit, tls: nil, isUnavailable: true, generation: generation)
        }
    }

    /// The same again; nil where it is unavailable still.
    func remake(_ old: ListenerContext) -> ListenerContext? {
        guard let index = contexts.firstIndex(where: { $0 === old }) else { return nil }
        let snapshot = worker.snapshot
        let made = context(old.settings, snapshot.listenerTLS[index], old.limit, old.generation)
        guard !made.isUnavailable else { return nil }
        contexts[index] = made
        return made
    }

    /// By whose CA and CRL a kept connection is verified: its listener's newest, and where a reload has renamed or removed that, those of
    /// the one at its address, else of the first that verifies agents.
    func currentTLS(for listener: ListenerContext) -> ServerTLSContext? {
        let settings = listener.settings
        let replacement =
            contexts.first { $0.settings.name == settings.name } ?? contexts.first { $0.settings.address == settings.address }
        return replacement?.tls ?? contexts.lazy.compactMap(\.tls).first { $0.material.trustGeneration != nil }
    }
}
