import Network
import Settings
import Synchronization

/// One name's address for who must not wait for it: asked on the names thread, answered when it is known.
final class NameLookup: Sendable {
    enum Answer: Equatable {
        /// `whenKnown` will be called.
        case running
        /// nil: the name has no address.
        case known(SocketAddress?)
    }

    private struct State {
        var host: String?
        var answer = Answer.running
    }

    private let names: BackgroundThread
    private let state = Mutex(State())

    init(on names: BackgroundThread) { self.names = names }

    /// The first question starts a lookup; later ones get its answer, until `forget`.
    func address(of address: UpstreamAddress, whenKnown: @escaping @Sendable () -> Void) -> Answer {
        if let literal = address.literal { return .known(SocketAddress(high: literal.high, low: literal.low, port: address.port)) }
        let (answer, begins) = state.withLock { state -> (Answer, Bool) in
            if state.host == address.host { return (state.answer, false) }
            state = State(host: address.host)
            return (.running, true)
        }
        if begins {
            names.perform { [self] in
                let found = NameResolver.resolve(address.host, port: address.port)
                state.withLock { if $0.host == address.host { $0.answer = .known(found) } }
                whenKnown()
            }
        }
        return answer
    }

    /// The next question starts a new lookup; one that runs goes on.
    func forget() { state.withLock { if $0.answer != .running { $0.host = nil } } }
}
