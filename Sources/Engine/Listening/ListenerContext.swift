import Model
import Settings
import TLS

/// A listener as one worker uses it: settings, and a TLS context of the worker's own.
final class ListenerContext {
    let settings: ListenerSettings
    let name: [UInt8]
    let statusPath: [UInt8]?
    let limit: ListenerLimit
    let tls: ServerTLSContext?
    /// There was no memory for its TLS context: nothing is accepted.
    let isUnavailable: Bool
    /// The snapshot's generation at which this context was made.
    let generation: Int

    init(_ settings: ListenerSettings, limit: ListenerLimit, tls: ServerTLSContext?, isUnavailable: Bool = false, generation: Int) {
        self.settings = settings
        self.limit = limit
        name = Array(settings.name.utf8)
        statusPath = settings.statusPath.map { Array($0.utf8) }
        self.tls = tls
        self.isUnavailable = isUnavailable
        self.generation = generation
    }

    func requiresProxyHeader(from source: IPAddress) -> Bool {
        settings.proxyProtocol.contains { $0.contains(source) }
    }
}
