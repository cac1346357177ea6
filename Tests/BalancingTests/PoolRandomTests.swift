import Balancing
import Model
import Settings
import Testing

/// `balance: random`: two are drawn by weight, and the less loaded one takes the request. The seed is fixed, so the draws are.
struct PoolRandomTests {
    /// How many of 1000 requests, one at a time, go to `a`.
    private func share(_ servers: ServerSettings..., loading name: String? = nil) -> Int {
        var script = PoolScript(PoolTests.settings(servers, balance: .random))
        if let name {
            let others = ["a", "b"].filter { $0 != name }
            for serial in UInt64(0)..<5 { #expect(script.submit(serial, stick: "", tried: others) == name) }
        }
        return (0..<1000).count { serial in
            let taken = script.submit(UInt64(100 + serial))
            let place = script.held.indices.last!
            script.handle(.release(script.held.remove(at: place), .served))
            return taken == "a"
        }
    }

    /// Only where it is drawn twice: a quarter.
    @Test func theMoreLoadedOfTwoIsTakenOnlyWhereItIsDrawnTwice() {
        #expect((210...290).contains(share(server("a"), server("b"), loading: "a")))
        #expect((710...790).contains(share(server("a"), server("b"), loading: "b")))
    }

    /// Three quarters of 1000; where both are idle the first drawn is taken.
    @Test func theyAreDrawnByWeight() {
        #expect((710...790).contains(share(server("a", weight: 3), server("b", weight: 1))))
        #expect((210...290).contains(share(server("a", weight: 1), server("b", weight: 3))))
    }

    @Test func fullAndTriedServersAreNotDrawn() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1), server("b"), server("c"), balance: .random))
        let tried = ["b", "c"]
        #expect(script.submit(0, stick: "", tried: tried) == "a")
        #expect(Set((1..<50).map { script.submit($0, stick: "", tried: ["c"]) }) == ["b"])
        #expect(script.submit(99, stick: "", tried: tried) == "queued")
        // A server that was excluded for one request is drawn for the next.
        #expect(Set((100..<150).map { script.submit($0) }) == ["b", "c"])
    }
}
