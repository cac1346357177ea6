import Balancing
import Model
import Testing

@testable import Engine

/// The first request to a server whose connections failed is a trial: a new connection, and the pool hears of it.
struct TrialsTests {
    private func exchangeWithOpenBreaker(idle: Bool = false) throws -> ScriptedExchange {
        let exchange = try ScriptedExchange(["s1"]) { $0.retry.attempts = 0 }
        if idle {
            let kept = try exchange.forwarded()
            kept.says(ScriptedExchange.ok)
            exchange.servers.idle = [kept]
        }
        // The kept connection is no trial's: only a new one shows that connections can be made.
        let kept = exchange.servers.idle
        exchange.servers.idle = []
        try exchange.begin(ScriptedExchange.file)
        exchange.server.refuses()
        exchange.servers.idle = kept
        exchange.world.pass(.seconds(1))
        exchange.world.tickPools()
        return exchange
    }

    private func breaker(_ exchange: ScriptedExchange) -> CircuitBreaker { exchange.world.pool.servers[0].breaker }

    @Test func anEstablishedConnectionEndsTheTrial() throws {
        let exchange = try exchangeWithOpenBreaker()
        #expect(breaker(exchange) == .halfOpen)
        try exchange.begin(ScriptedExchange.file)
        #expect(breaker(exchange) == .probing)
        exchange.server.connects()
        #expect(breaker(exchange) == .closed, "before its response")
    }

    @Test func aTrialTakesNoKeptConnection() throws {
        let exchange = try exchangeWithOpenBreaker(idle: true)
        let count = exchange.servers.made.count
        try exchange.begin(ScriptedExchange.file)
        #expect(exchange.servers.made.count == count + 1 && exchange.servers.idle.count == 1)
    }

    @Test func aTrialWhoseAgentLeavesProvesNothing() throws {
        let exchange = try exchangeWithOpenBreaker()
        try exchange.begin(ScriptedExchange.file)
        exchange.driver.clientGone()
        #expect(breaker(exchange) == .halfOpen && exchange.world.held == [])
    }
}
