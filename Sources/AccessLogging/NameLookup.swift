import Network
import Settings
import Synchronization

/// The address of one host name for a thread that must not block: looked up on the names thread, reported when known.
final class NameLookup: Sendable {
    enum Result: Equatable {
        /// `whenKnown` will be called.
        case running
        /// nil: the name has no address.
        case known(SocketAddress?)
    }

    private struct State {
        var host: String?
        var result = Result.running
    }

    private let names: BackgroundThread
    private let state = Mutex(State())

    init(on names: BackgroundThread) { self.names = names }

    /// The first call starts a lookup; later calls get its result, until `forget`.
    func address(of address: UpstreamAddress, whenKnown: @escaping @Sendable () -> Void) -> Result {
        if let literal = address.literal { return .known(SocketAddress(high: literal.high, low: literal.low, port: address.port)) }
        let (result, begins) = state.withLock { state -> (Result, Bool) in
            if state.host == address.host { return (state.result, false) }
            state = State(host: address.host)
            return (.running, true)
        }
        if begins {
            names.perform { [self] in
                let found = NameResolver.resolve(address.host, port: address.port)
                state.withLock { if $0.host == address.host { $0.result = .known(found) } }
                whenKnown()
            }
        }
        return result
    }

    /// The next call starts a new lookup; one that is running continues.
    func forget() { state.withLock { if $0.result != .running { $0.host = nil } } }
}
