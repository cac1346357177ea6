import Model
import Telemetry
import Testing

/// The last hour of each pool, minute by minute.
struct PoolHistoryTests {
    private static func record(_ milliseconds: Int64, status: Int? = 200, reason: Reason? = nil, endpoint: String = "catalog")
        -> AccessRecord
    {
        var record = AccessRecord()
        record.agent = AccessClient(listener: Array("agents".utf8))
        record.pool = Array("compilers".utf8)
        record.endpoint = Array(endpoint.utf8)
        record.status = status
        record.reason = reason
        record.totalTime = milliseconds * 1_000_000
        return record
    }

    /// A history, and the tally it is asked to sample.
    private struct Scene {
        var tally = Tally()
        var history = PoolHistory()

        var activity: PoolActivity { tally.pools[Array("compilers".utf8)]?.activity ?? PoolActivity() }

        mutating func tick(_ second: Int64, queued: Int = 0, pools: [String] = ["compilers"]) {
            let counters = ["compilers": activity]
            history.tick(second: second, queued: Dictionary(uniqueKeysWithValues: pools.map { ($0, queued) })) { counters }
        }

        func samples(_ second: Int64, queued: Int = 0) -> [PoolHistory.Sample] {
            history.samples(of: "compilers", second: second, activity: activity, queued: queued)
        }
    }

    @Test func aMinuteHasItsFiguresAndTheOpenOneToo() {
        var scene = Scene()
        for milliseconds in 1...10 { scene.tally.add(Self.record(Int64(milliseconds))) }
        scene.tally.add(Self.record(5, status: 503, reason: .queueFull))
        scene.tally.add(Self.record(5, endpoint: "file_content"))
        scene.tick(0, queued: 3)
        scene.tick(30, queued: 7)
        scene.tick(59, queued: 2)
        scene.tick(60, queued: 1)
        scene.tally.add(Self.record(15))
        scene.tally.add(Self.record(3, status: nil, reason: .clientGone))
        var first = PoolHistory.Sample()
        (first.requests, first.errors, first.catalogs, first.medianCatalog, first.slowCatalog, first.peakQueued) = (12, 1, 10, 5, 10, 7)
        var open = PoolHistory.Sample()
        (open.minute, open.seconds, open.requests, open.catalogs, open.medianCatalog, open.slowCatalog) = (1, 15, 2, 1, 15, 15)
        open.peakQueued = 4
        #expect(scene.samples(74, queued: 4) == [first, open])
    }

    @Test(
        arguments: [
            (200, nil, 0), (404, nil, 0), (500, nil, 1), (503, Reason.noServer, 1), (504, .responseTimeout, 1), (200, .cut, 1),
            (nil, .cut, 1),
            (nil, .clientGone, 0), (400, .badRequest, 0),
        ] as [(Int?, Reason?, UInt64)])
    func errorsAreResponsesThatAServerOrTheProxyOwed(_ status: Int?, _ reason: Reason?, _ errors: UInt64) {
        var scene = Scene()
        scene.tally.add(Self.record(5, status: status, reason: reason))
        #expect(scene.activity.errors == errors && scene.activity.requests == 1)
    }

    @Test func anHourIsKeptAndNoMore() {
        var scene = Scene()
        for minute in Int64(0)..<200 {
            scene.tick(minute * 60)
            for _ in 0..<minute { scene.tally.add(Self.record(20)) }
        }
        scene.tick(199 * 60 + 59)
        let samples = scene.samples(199 * 60 + 59)
        #expect(samples.map(\.minute) == Array(140...199))
        #expect(samples.map(\.requests) == Array(140...199))
        #expect(samples.last?.seconds == 60)
    }

    @Test func aMinuteWithoutTicksHasNoSampleAndOldOnesAreLeftOut() {
        var scene = Scene()
        scene.tick(0)
        scene.tick(60)
        scene.tick(600)
        #expect(scene.samples(600).map(\.minute) == [0, 1, 10])
        #expect(scene.samples(3659).map(\.minute) == [1, 10])
        scene.tick(7200)
        #expect(scene.samples(7200).map(\.minute) == [120])
    }

    @Test func clearedCountersBeginAgainAtZero() {
        var scene = Scene()
        for _ in 0..<9 { scene.tally.add(Self.record(20)) }
        scene.tick(0)
        scene.tick(60)
        scene.tally.clear()
        for _ in 0..<4 { scene.tally.add(Self.record(20)) }
        scene.tick(120)
        #expect(scene.samples(120).map(\.requests) == [9, 4, 0])
    }

    @Test func aPoolThatComesLaterBeginsWithItsOwnAndOneThatGoesIsForgotten() {
        var scene = Scene()
        scene.tick(0, pools: [])
        for _ in 0..<5 { scene.tally.add(Self.record(20)) }
        scene.tick(70)
        scene.tally.add(Self.record(20))
        #expect(scene.samples(71).map(\.requests) == [1])
        scene.tick(130, pools: [])
        #expect(scene.samples(131) == [])
    }

    @Test func poolsAreBounded() {
        var history = PoolHistory()
        let queued = Dictionary(uniqueKeysWithValues: (0..<300).map { ("p\($0)", 0) })
        history.tick(second: 0, queued: queued) { [:] }
        let kept = queued.keys.count { !history.samples(of: $0, second: 1, activity: PoolActivity(), queued: 0).isEmpty }
        #expect(kept == 256)
    }

    @Test func workersAreAdded() {
        var (left, right) = (Scene(), Scene())
        left.tally.add(Self.record(8))
        right.tally.add(Self.record(12, status: 500))
        right.tally.add(Self.record(14))
        left.tally += right.tally
        #expect(left.activity.requests == 3 && left.activity.errors == 1 && left.activity.catalogTimes.count == 2)
        #expect(left.activity.catalogTimes.quantile(percent: 50) == 8 && left.activity.catalogTimes.quantile(percent: 95) == 14)
    }
}

/// Quantiles of durations.
struct FineHistogramTests {
    @Test(
        arguments: [(0, 0), (1, 1), (15, 15), (16, 16), (31, 31), (32, 33), (33, 33), (40, 41), (1000, 1008), (60_000, 60_416)]
            as [(Int64, Int64)])
    func aValueIsItsBucketsMiddle(_ milliseconds: Int64, _ middle: Int64) {
        var histogram = FineHistogram()
        histogram.add(nanoseconds: milliseconds * 1_000_000)
        #expect(histogram.quantile(percent: 50) == middle)
    }

    @Test func noValueIsMoreThanThreePercentOff() throws {
        for milliseconds in stride(from: Int64(1), through: 1_000_000, by: 997) {
            var histogram = FineHistogram()
            histogram.add(nanoseconds: milliseconds * 1_000_000)
            let found = try #require(histogram.quantile(percent: 100))
            #expect(abs(found - milliseconds) * 100 <= milliseconds * 4, "\(milliseconds): \(found)")
        }
    }

    @Test func extremesAreCounted() {
        var histogram = FineHistogram()
        for nanoseconds in [Int64.min, -1, .max] { histogram.add(nanoseconds: nanoseconds) }
        #expect(histogram.count == 3 && histogram.quantile(percent: 1) == 0)
        #expect(histogram.quantile(percent: 100) ?? 0 > 1_000_000)
        #expect(FineHistogram().quantile(percent: 50) == nil)
    }
}
