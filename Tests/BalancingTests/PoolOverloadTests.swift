import Balancing
import Model
import Settings
import Testing

/// Who would wait longer than the queue's timeout is refused at once, if it can come back: by what the servers can do, not by what has been
/// asked of them.
struct PoolOverloadTests {
    private func request(_ serial: UInt64, acceptsRetryAfter: Bool = true) -> PoolRequest {
        PoolRequest(ticket: Ticket(worker: 0, serial: serial), queueClass: .compile, acceptsRetryAfter: acceptsRetryAfter)
    }

    private func script() -> PoolScript {
        PoolScript(PoolTests.settings(server("a", maxconn: 10), queue: QueueSettings(timeout: .seconds(60))))
    }

    @Test func aHerdAfterQuietTimesIsQueued() {
        var script = script()
        for serial in UInt64(0)..<30 {
            #expect(script.submit(request(serial)) == "a")
            script.wait(.seconds(2))
            _ = script.release("a")
        }
        // Only one in two seconds arrived: the capacity is unknown.
        let answers = (100..<1100).map { script.submit(request($0)) }
        #expect(answers.allSatisfy { $0 == "a" || $0 == "queued" }, "\(answers.count { $0 == "overloaded" }) are sent away")
    }

    /// The capacity measured before does not show when a server recovers: agents are spread by their names.
    @Test func withoutAServerTheMeasuredCapacityIsVoid() {
        var script = script()
        for _ in 0..<10 {
            for serial in UInt64(0)..<10 { _ = script.submit(request(serial)) }
            script.wait(.seconds(1))
            for _ in 0..<10 { _ = script.release("a") }
        }
        script.wait(.seconds(1))
        for serial in UInt64(0)..<10 { _ = script.submit(request(serial)) }
        let (one, other) = (Array("one.example".utf8), Array("other.example".utf8))
        #expect(script.pool.capacity(.compile, now: script.now) == 8.4)
        #expect(script.pool.retryAfter(one, now: script.now) == 1, "none is queued")
        #expect(script.fail("a") == ["a down", "pool down"])
        #expect(script.pool.retryAfter(other, now: script.now) == 30 + Int(HashRing.hash(other) % 271))
    }

    @Test func whoFindsALineThatIsTooLongIsSentAway() {
        var script = script()
        for serial in UInt64(0)..<2000 { _ = script.submit(request(serial, acceptsRetryAfter: false)) }
        // Ten a second, for half a minute.
        for _ in 0..<30 {
            script.wait(.seconds(1))
            for _ in 0..<10 { _ = script.release("a") }
        }
        #expect(script.submit(request(5000)) == "overloaded")
        #expect(script.submit(request(5001, acceptsRetryAfter: false)) == "queued")
        #expect(script.submit(request(5002)) == "overloaded", "who came last makes the line no younger")
    }
}
