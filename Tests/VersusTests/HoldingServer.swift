import StandIn
import Synchronization

/// A Puppet Server that holds every request until a scenario lets it respond, and whose health the scenario sets.
final class HoldingServer: Sendable {
    private struct State {
        var held: [Int: Gate] = [:]
        var taken: [Int] = []
        var largestHeldCount = 0
        var isHealthy = true
    }

    /// What the connections' threads share with the server.
    private final class Shared: Sendable {
        let value = Mutex(State())
    }

    private let server: StandInServer
    private let state = Shared()

    init() throws {
        server = try StandInServer()
        server.answer { [state] request in
            if request.path == "/status/v1/simple" {
                return state.value.withLock { $0.isHealthy } ? nil : .text(503, "stopping")
            }
            guard let number = NumberedRequest.number(of: request) else { return .text(400, "no number") }
            HoldingServer.hold(number, state)
            return .text(200, "done")
        }
        try server.start()
    }

    deinit {
        release(.max)
        server.stop()
    }

    /// `ADDRESS:PORT`.
    var address: String { server.address }

    var isHealthy: Bool {
        get { state.value.withLock { $0.isHealthy } }
        set { state.value.withLock { $0.isHealthy = newValue } }
    }

    var heldCount: Int { state.value.withLock { $0.held.count } }
    /// The most that were held at once so far.
    var largestHeldCount: Int { state.value.withLock { $0.largestHeldCount } }
    /// The numbers of all requests so far.
    var taken: [Int] { state.value.withLock { $0.taken } }

    /// Responds to the `count` requests with the lowest numbers, or to all if fewer are held.
    func release(_ count: Int) {
        let gates = state.value.withLock { state in
            state.held.keys.sorted().prefix(count).compactMap { state.held.removeValue(forKey: $0) }
        }
        for gate in gates { gate.open() }
    }

    private static func hold(_ number: Int, _ state: Shared) {
        let gate = Gate()
        state.value.withLock {
            $0.taken.append(number)
            $0.held[number] = gate
            $0.largestHeldCount = max($0.largestHeldCount, $0.held.count)
        }
        gate.pass(timeout: .seconds(300))
    }
}
