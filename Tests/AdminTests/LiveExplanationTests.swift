import Admin
import Balancing
import Explain
import Model
import Settings
import Testing

/// `explain` on the runtime socket: the rules, then the pool and its servers as they are.
struct LiveExplanationTests {
    private func explanation(queue: Int = 0) throws -> Explanation {
        var settings = ProxySettings()
        settings.pools = [FakeHost().service.pools[0].settings, PoolSettings(name: "far")]
        settings.defaultPool = PoolIndex(0)
        return try Explanation(
            Question(method: "GET", target: "/puppet/v3/node/web1?environment=production"), settings: settings, averageQueue: { _ in queue }
        )
    }

    @Test func theServersAreShownAsTheyAre() throws {
        var host = FakeHost()
        host.set("s2", .maint)
        host.service.pools[0].isUsable = true
        (host.service.pools[0].queued, host.service.pools[0].averageQueue) = (3, 2)
        host.service.pools[0].longestWaits = [.compile: .milliseconds(5200), .quick: .milliseconds(7)]
        let explanation = try explanation()
        let text = LiveExplanation.text(explanation, pool: host.service.pools[0], destination: host.service.pools[0])
        #expect(
            text == explanation.text + """
                now          pool compilers has a usable server, 3 queued, the oldest for 5200 ms, avg_queue 2
                server       s1, tier 1: UP 1/3, 0 running
                server       s2, tier 2: MAINT, 0 running

                """)
    }

    @Test(arguments: [
        (true, 1, "clients without a certificate hold 2 of 2 slots, this client 1 of 3"),
        (true, 3, "clients without a certificate hold 2 of 2 slots, this client 3 of 3: its request would be queued"),
        (false, 0, "clients without a certificate hold 2 of 2 slots, this client 0 of 3: its request would be queued"),
    ])
    func theClientsShareIsShown(isVerified: Bool, inUse: Int, expected: String) throws {
        var pool = FakeHost().service.pools[0]
        (pool.unverifiedInUse, pool.unverifiedLimit, pool.holderLimit) = (2, 2, 3)
        (pool.queued, pool.overHolderShare, pool.overUnverifiedShare) = (9, [.compile: 4], [.quick: 2])
        let text = LiveExplanation.text(
            try explanation(), pool: pool, destination: pool, client: .init(isVerified: isVerified, inUse: inUse))
        #expect(text.contains("\nshares       \(expected)\n"))
        #expect(text.contains("9 queued, 6 of them over their share, avg_queue 0\n"))
    }

    @Test func oneShareAloneIsShownAloneAndNoneNotAtAll() throws {
        var pool = FakeHost().service.pools[0]
        func shares(_ isVerified: Bool, _ inUse: Int) throws -> Substring? {
            let client = LiveExplanation.ClientSlots(isVerified: isVerified, inUse: inUse)
            let text = LiveExplanation.text(try explanation(), pool: pool, destination: pool, client: client)
            return text.split(separator: "\n").first { $0.hasPrefix("shares") }
        }
        #expect(try shares(false, 5) == nil)
        pool.holderLimit = 4
        #expect(try shares(false, 3) == "shares       this client holds 3 of 4")
        (pool.holderLimit, pool.unverifiedLimit, pool.unverifiedInUse) = (nil, 6, 5)
        #expect(try shares(false, 5) == "shares       clients without a certificate hold 5 of 6 slots")
    }

    @Test func anOverflowIsShownWithItsPool() throws {
        let pools = FakeHost().service.pools
        let text = LiveExplanation.text(try explanation(), pool: pools[0], destination: pools[1])
        #expect(text.hasSuffix("overflow     to pool empty now\nnow          pool empty has no usable server, 0 queued, avg_queue 0\n"))
    }

    @Test func aRefusedRequestHasNone() throws {
        let explanation = try explanation()
        #expect(LiveExplanation.text(explanation, pool: nil, destination: nil) == explanation.text)
    }
}
