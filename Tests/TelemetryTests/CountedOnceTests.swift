import Model
import Telemetry
import Testing

/// What one request or connection adds to each counter, exactly.
struct CountedOnceTests {
    private static func counted(_ fill: (inout AccessRecord) -> Void) -> TrafficCounters {
        var record = AccessRecord()
        fill(&record)
        var counters = TrafficCounters()
        counters.add(record)
        return counters
    }

    /// Those that are not zero.
    private static func values(_ value: Any) -> [String: String] { flattened(value).filter { $0.value != "0" } }

    @Test func everyFigureGoesToItsOwnCounter() {
        let counters = Self.counted { record in
            record.startedAt = 1_795_000_000_900_000_000
            (record.bytesIn, record.bytesOut, record.retries, record.status) = (11, 13, 3, 404)
            (record.queueTime, record.connectTime, record.responseTime, record.totalTime) = (17, 19, 23, 200_000_000)
        }
        #expect(
            Self.values(counters) == [
                ".requests": "1", ".statuses.4": "1", ".bytesIn": "11", ".bytesOut": "13", ".retries": "3", ".timed": "1",
                ".queueTime": "17", ".connectTime": "19", ".responseTime": "23", ".totalTime": "200000000", ".lastRequest": "1795000001",
                ".rate.second": "1795000001", ".rate.inSecond": "1", ".rate.maximum": "1",
            ])
    }

    @Test(arguments: [(nil, 0), (99, 0), (100, 1), (204, 2), (302, 3), (499, 4), (599, 5), (600, 0), (-1, 0)] as [(Int?, Int)])
    func statusesAreCountedByHundred(_ status: Int?, _ index: Int) {
        let counters = Self.counted { $0.status = status }
        #expect(counters.statuses[index] == 1 && counters.statuses.wrappedSum() == 1)
    }

    static let reasons: [(Reason, String)] = [
        (.badRequest, "requestErrors"), (.targetTooLong, "requestErrors"), (.headTooLarge, "requestErrors"),
        (.bodyTooLarge, "requestErrors"), (.tooSlow, "requestErrors"), (.unverified, "refused"), (.notAuthorized, "refused"),
        (.requestTimeout, "requestErrors"), (.methodNotAllowed, "requestErrors"), (.wrongCertname, "refused"), (.revoked, "refused"),
        (.noRoute, "refused"), (.queueFull, "refused"), (.queueTimeout, "refused"), (.noServer, "refused"), (.overloaded, "refused"),
        (.perCertname, "refused"), (.connectFailed, "connectErrors"), (.badResponse, "responseErrors"),
        (.responseTimeout, "responseErrors"), (.cut, "serverAborts"), (.clientGone, "clientAborts"),
    ]

    @Test(arguments: reasons)
    func aReasonIsCountedInOnePlace(_ reason: Reason, _ field: String) {
        let counters = Self.counted { $0.reason = reason }
        let errors = Self.values(counters).filter { ![".requests", ".statuses.0", ".rate.inSecond", ".rate.maximum"].contains($0.key) }
        #expect(errors == [".\(field)": "1"])
    }

    @Test func negativeAndMissingTimesCountAsNothing() {
        let counters = Self.counted { ($0.totalTime, $0.queueTime, $0.retries) = (-5, -7, -3) }
        #expect(counters.timed == 1 && counters.totalTime == 0 && counters.queueTime == 0 && counters.retries == 0)
        #expect(Self.counted { _ in }.timed == 0)
    }

    @Test func aConnectionIsCountedFromItsOpeningToItsEnd() {
        let listener = Array("agents".utf8)
        var tally = Tally()
        for _ in 1...3 { tally.opened(listener, at: 7) }
        tally.closed(listener)
        for nanoseconds: Int64 in [2_000_000, 6_000_000] { tally.handshakeDone(listener, nanoseconds: nanoseconds) }
        tally.handshakeFailed(listener)
        #expect(
            Self.values(tally.connections[listener] ?? ConnectionTally()) == [
                ".current": "2", ".maximum": "3", ".total": "3", ".rate.second": "7", ".rate.inSecond": "3", ".rate.maximum": "3",
                ".handshakesDone": "2", ".handshakesFailed": "1", ".handshakeTimes.counts.1": "1", ".handshakeTimes.counts.2": "1",
                ".handshakeTimes.sumNanoseconds": "8000000",
            ])
        tally.clearMaxima()
        #expect(tally.connections[listener]?.maximum == 2, "what is open")
    }

    @Test func timesAreCountedInTheFirstBucketThatHoldsThem() {
        var histogram = LatencyHistogram()
        for bound in LatencyHistogram.bounds {
            histogram.add(nanoseconds: bound * 1_000_000)
            histogram.add(nanoseconds: bound * 1_000_000 + 1)
        }
        histogram.add(nanoseconds: -4)
        #expect(histogram.counts == [2] + Array(repeating: 2, count: LatencyHistogram.bounds.count - 1) + [1])
        let sum = LatencyHistogram.bounds.reduce(0) { $0 + 2 * UInt64($1) * 1_000_000 + 1 }
        #expect(histogram.sumNanoseconds == sum && histogram.count == UInt64(2 * LatencyHistogram.bounds.count + 1))
    }

    @Test func aPoolsShareIsCountedByServerEndpointAndStatus() throws {
        var record = AccessRecord()
        record.agent = AccessClient(listener: Array("l".utf8))
        (record.pool, record.server) = (Array("p".utf8), Array("s1".utf8))
        (record.endpoint, record.status, record.retries) = (Array("report".utf8), 201, 3)
        (record.queueTime, record.totalTime) = (3_000_000, 700_000_000)
        record.failedTries = [.init(server: Array("s2".utf8), reason: .connectFailed)]
        record.overflowedFrom = Array("q".utf8)
        record.route = Array("routes.x".utf8)
        var tally = Tally()
        tally.add(record)
        let pool = try #require(tally.pools[record.pool])
        #expect(pool.traffic.retries == 3 && pool.traffic.requests == 1)
        #expect(pool.servers.count == 2 && pool.servers[record.server]?.retries == 2, "one of three was the other server's")
        #expect(pool.servers[Array("s2".utf8)].map { Self.values($0) } == [".retries": "1", ".connectsPassedOn": "1"])
        #expect(pool.responses == [.init(listener: record.listener, endpoint: record.endpoint, status: 201): 1])
        #expect(Self.values(pool.queueTimes) == [".counts.1": "1", ".sumNanoseconds": "3000000"])
        #expect(pool.requestTimes[record.endpoint].map { Self.values($0) } == [".counts.8": "1", ".sumNanoseconds": "700000000"])
        #expect(tally.pools[Array("q".utf8)]?.overflowed == [record.pool: 1] && pool.overflowed.isEmpty)
        #expect(tally.routes == [record.route: 1])
    }

    @Test func anAgentsLastRunHasItsCatalogsFigures() throws {
        var tally = Tally()
        var record = fullRecord()
        tally.add(record)
        record.endpoint = Array("report".utf8)
        record.startedAt += 9_000_000_000
        (record.status, record.server, record.environment) = (500, Array("s9".utf8), Array("other".utf8))
        (record.transaction, record.agentVersion) = (Array("later".utf8), Array("9".utf8))
        tally.add(record)
        #expect(
            flattened(tally.certnames.runs).filter { !$0.key.contains(".events.") } == [
                ".web1.grnet.gr.environment": "production", ".web1.grnet.gr.pool": "compilers", ".web1.grnet.gr.server": "p1",
                ".web1.grnet.gr.agentVersion": "7.23.0", ".web1.grnet.gr.transaction": "6f4d7c0e", ".web1.grnet.gr.status": "200",
                ".web1.grnet.gr.lastCatalog": "1795343378", ".web1.grnet.gr.catalogMilliseconds": "1502",
                ".web1.grnet.gr.lastReport": "1795343387", ".web1.grnet.gr.lastRequest": "1795343387", ".web1.grnet.gr.requests": "2",
                ".web1.grnet.gr.reason": "nil",
            ])
    }
}
