import Balancing
import Model
import Settings
import Testing

/// `balance: hash`: the same key goes to the same server, while that has a slot and is within its bound.
struct PoolHashTests {
    static func script(_ servers: ServerSettings..., factor: Int? = nil) -> PoolScript {
        PoolScript(
            PoolSettings(name: "compilers", balance: .hash(.certname), hashBalanceFactor: factor, check: CheckSettings(), servers: servers))
    }

    private let keys = (0..<300).map { "agent\($0).example" }

    /// Where each key goes while all servers are idle.
    private func map(_ script: inout PoolScript) -> [String: String] {
        var map: [String: String] = [:]
        for (serial, key) in keys.enumerated() {
            map[key] = script.submit(UInt64(serial), stick: key)
            _ = script.release(script.held[0].server)
        }
        return map
    }

    @Test func theSameKeyGoesToTheSameServer() {
        var script = Self.script(server("a"), server("b"), server("c"))
        let first = map(&script)
        #expect(Set(first.values) == ["a", "b", "c"])
        #expect(map(&script) == first)
        var other = Self.script(server("c"), server("b"), server("a"))
        #expect(map(&other) == first)
    }

    @Test func onlyTheKeysOfAServerThatIsGoneMove() {
        var script = Self.script(server("a"), server("b"), server("c"))
        let before = map(&script)
        _ = script.fail("b")
        let after = map(&script)
        #expect(keys.allSatisfy { before[$0] == "b" ? after[$0] != "b" : after[$0] == before[$0] })
        _ = script.pass("b")
        _ = script.pass("b")
        #expect(map(&script) == before)
    }

    @Test func aFullServersKeysGoToTheNextOnTheRing() {
        var script = Self.script(server("a", maxconn: 1), server("b", maxconn: 1), server("c", maxconn: 1))
        let home = script.submit(0, stick: "one")
        let next = script.submit(1, stick: "one")
        let last = script.submit(2, stick: "one")
        #expect(Set([home, next, last]) == ["a", "b", "c"])
        #expect(script.submit(3, stick: "one") == "queued")
        #expect(script.release(next) == ["3 to \(next)"])
        _ = script.release(home)
        #expect(script.submit(4, stick: "one") == home)
    }

    @Test func aRetryTakesTheNextOnTheRing() {
        var script = Self.script(server("a"), server("b"), server("c"))
        let home = script.submit(0, stick: "one")
        let next = script.submit(1, stick: "one", tried: [home], .redispatch)
        #expect(next != home)
        #expect(script.submit(2, stick: "one", tried: [home], .redispatch) == next)
    }

    @Test(arguments: [101, 125, 150, 300])
    func noServerGetsMoreThanItsBound(factor: Int) {
        var script = Self.script(server("a", weight: 1), server("b", weight: 2), server("c", weight: 5), factor: factor)
        for serial in 0..<400 {
            // Few keys, so that one server is the home of most.
            let name = script.submit(UInt64(serial), stick: keys[serial % 3])
            let weight = Double(script.pool.servers.first { $0.name == name }!.settings.weight)
            let bound = Double(factor * (serial + 1)) * weight / 800
            let mine = script.held.count { $0.server == script.id(name) }
            #expect(Double(mine) <= bound.rounded(.up))
        }
    }

    /// 101 percent of half of the requests, this one counted, rounded up: 1, 2, 2, 3, 3, 4.
    @Test func theBoundCountsTheRequestItself() {
        var script = Self.script(server("a"), server("b"), factor: 101)
        let home = script.submit(0, stick: "one")
        #expect((1..<6).map { script.submit($0, stick: "one") == home } == [true, false, true, false, true])
    }

    @Test func theBoundFollowsAServerThatStartsSlowly() {
        var slow = server("a", weight: 100)
        slow.slowstart = .seconds(10)
        let settings = PoolSettings(
            name: "compilers", balance: .hash(.certname), hashBalanceFactor: 101, check: CheckSettings(rise: 1, fall: 1),
            servers: [slow, server("b", weight: 100)])
        var script = PoolScript(settings)
        let keyOfB = keys.first { PoolHashTests.home(of: $0, settings) == "b" } ?? ""
        _ = script.fail("a")
        #expect(script.pass("a") == ["a up"])
        // Of 101 parts b has 100: all but a hundredth is its own.
        #expect((0..<4).map { script.submit($0, stick: keyOfB) } == ["b", "b", "b", "b"])
        while !script.held.isEmpty { _ = script.release("b") }
        #expect(script.tick(after: .seconds(5)) == [])
        // Of 150 parts it has 100: 1, 2, 3, 3, 4, 5.
        #expect((0..<6).map { script.submit($0, stick: keyOfB) } == ["b", "b", "b", "a", "b", "b"])
        while let held = script.held.first { _ = script.release(held.server) }
        #expect(script.tick(after: .seconds(5)) == [])
        #expect((0..<4).map { script.submit($0, stick: keyOfB) } == ["b", "b", "a", "b"])
    }

    private static func home(of key: String, _ settings: PoolSettings) -> String {
        var script = PoolScript(settings)
        return script.submit(0, stick: key)
    }

    @Test func withoutABoundAKeyGoesHomeHoweverCrowded() {
        var script = Self.script(server("a"), server("b"), factor: 0)
        let home = script.submit(0, stick: "one")
        #expect((1..<50).allSatisfy { script.submit($0, stick: "one") == home })
    }

    @Test func aWeightSetAtRunTimeMovesKeysAndBack() {
        var script = Self.script(server("a", weight: 10), server("b", weight: 10), server("c", weight: 10))
        let before = map(&script)
        script.adjust("a") { $0.weightPercent = 10 }
        let after = map(&script)
        #expect((1...30).contains(after.values.count { $0 == "a" }), "a twentieth or so")
        #expect(keys.allSatisfy { before[$0] == "a" || after[$0] == "a" || after[$0] == before[$0] }, "only keys of that server move")
        script.adjust("a") { $0.weightPercent = 100 }
        #expect(map(&script) == before)
    }

    @Test func aServerThatGetsAWeightAtRunTimeGetsKeys() {
        var script = Self.script(server("a", weight: 0), server("b", weight: 10))
        #expect(Set(map(&script).values) == ["b"])
        script.adjust("a") { $0.weight = 10 }
        #expect((100...200).contains(map(&script).values.count { $0 == "a" }))
    }

    @Test func theRingFollowsAServerThatIsRemoved() {
        var script = Self.script(server("a"), server("b"), server("c"))
        for serial in UInt64(0)..<30 { _ = script.submit(serial, stick: keys[Int(serial)]) }
        let a = script.id("a")
        var settings = script.pool.settings
        settings.servers.removeFirst()
        _ = script.reconfigure(settings)
        while script.pool.server(a) != nil, script.release(a) == [] {}
        #expect(script.pool.servers.map(\.name) == ["b", "c"])
        #expect(Set(map(&script).values) == ["b", "c"])
    }

    @Test func theBoundCountsWhatRunsAfterAChangeToo() {
        var script = Self.script(server("a"), server("b"), factor: 101)
        let home = script.submit(0, stick: "one")
        #expect((1..<4).map { script.submit($0, stick: "one") == home } == [true, false, true])
        #expect(script.reconfigure(script.pool.settings) == [])
        #expect((4..<7).map { script.submit($0, stick: "one") == home } == [false, true, false])
    }
}
