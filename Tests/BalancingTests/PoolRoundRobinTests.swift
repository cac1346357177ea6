import Balancing
import Model
import Settings
import Testing

/// Turns stay fair when weights, tiers and servers change.
struct PoolRoundRobinTests {
    static func script(_ servers: ServerSettings..., stick: StickSettings? = nil) -> PoolScript {
        PoolScript(
            PoolSettings(
                name: "compilers", balance: .roundRobin, stick: stick, check: CheckSettings(rise: 1, fall: 1), servers: servers),
            site: "eie", sites: TiersTests.sites)
    }

    /// How many of so many requests each server gets.
    private func shares(_ script: inout PoolScript, of count: Int) -> [String: Int] {
        var shares: [String: Int] = [:]
        for serial in 0..<count {
            let name = script.submit(UInt64(serial))
            shares[name, default: 0] += 1
            _ = script.release(name)
        }
        return shares
    }

    @Test func aServerThatServedOnlyItsSticksGetsItsShareAgain() {
        var script = Self.script(server("a", weight: 50), server("b", weight: 50), stick: StickSettings(on: .certname))
        #expect(script.submit(0, stick: "one") == "a")
        script.adjust("a") { $0.weight = 0 }
        for serial in UInt64(1)...20 { #expect(script.submit(serial, stick: "one") == "a") }
        script.adjust("a") { $0.weight = 50 }
        #expect((9...11).contains(shares(&script, of: 20)["a"] ?? 0))
    }

    @Test func aServerThatHasWarmedUpGetsItsShare() {
        var slow = server("a", weight: 50)
        slow.slowstart = .seconds(10)
        var script = Self.script(slow, server("b", weight: 50))
        _ = script.fail("a")
        _ = script.pass("a")
        #expect(script.submit(0, tried: "b") == "a")
        _ = script.release("a")
        _ = script.tick(after: .seconds(10))
        #expect((9...11).contains(shares(&script, of: 20)["a"] ?? 0))
    }

    @Test func aServerAddedWithATierGetsNoMoreThanItsShare() {
        var script = Self.script(server("a"), server("b"))
        #expect(shares(&script, of: 1000) == ["a": 500, "b": 500])
        var settings = script.pool.settings
        settings.servers += [server("c"), server("d", backup: true)]
        _ = script.reconfigure(settings)
        #expect((9...11).contains(shares(&script, of: 30)["c"] ?? 0))
    }

    @Test func aServerThatMovesToAnotherTierGetsItsShareThere() {
        var script = Self.script(server("a", site: "eie"), server("b", site: "eie"), server("c", site: "knossos"))
        #expect(shares(&script, of: 1000) == ["a": 500, "b": 500])
        var settings = script.pool.settings
        settings.servers[1].site = SiteName("knossos")
        _ = script.reconfigure(settings)
        _ = script.fail("a")
        #expect((9...11).contains(shares(&script, of: 20)["b"] ?? 0))
    }
}
