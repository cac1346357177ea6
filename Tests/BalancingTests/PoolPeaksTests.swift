import Balancing
import Model
import Settings
import Testing

/// The highest numbers so far of slots and of queued requests, and `clear counters`, after which they are counted from what is there now.
struct PoolPeaksTests {
    private func expect(
        _ script: PoolScript, _ peak: Int, a: Int, b: Int, queued: Int, _ place: SourceLocation = #_sourceLocation
    ) {
        #expect(script.pool.peak == peak, sourceLocation: place)
        #expect(["a", "b"].map { script.pool.server(script.id($0))?.peak } == [a, b], sourceLocation: place)
        #expect(script.pool.peakQueued == queued, sourceLocation: place)
    }

    @Test func peaksStayUntilTheyAreCleared() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 2), server("b", maxconn: 1)))
        expect(script, 0, a: 0, b: 0, queued: 0)
        #expect((0..<6).map { script.submit($0) } == ["a", "b", "a", "queued", "queued", "queued"])
        expect(script, 3, a: 2, b: 1, queued: 3)
        #expect(script.release("a") == ["3 to a"])
        #expect(script.release("a") == ["4 to a"])
        #expect(script.release("b") == ["5 to b"])
        #expect(script.release("a") == [])
        #expect(script.release("b") == [])
        expect(script, 3, a: 2, b: 1, queued: 3)
        script.handle(.clearPeaks)
        expect(script, 1, a: 1, b: 0, queued: 0)
        #expect((6..<9).map { script.submit($0) } == ["b", "a", "queued"])
        expect(script, 3, a: 2, b: 1, queued: 1)
        script.handle(.clearPeaks)
        expect(script, 3, a: 2, b: 1, queued: 1)
    }

    /// A ticket that leaves makes room: the peak counts tickets queued at the same time.
    @Test func aQueueThatEmptiesInBetweenHasTheHigherPeak() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1), server("b", maxconn: 1)))
        for serial in UInt64(0)..<4 { _ = script.submit(serial) }
        for serial in UInt64(2)..<4 { script.handle(.cancel(Ticket(worker: 0, serial: serial))) }
        #expect(script.submit(4) == "queued")
        expect(script, 2, a: 1, b: 1, queued: 2)
    }
}
