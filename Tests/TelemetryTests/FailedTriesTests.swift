import Model
import Telemetry
import Testing

/// A request to which a second server responds after a first has failed: whose fault was it?
struct FailedTriesTests {
    private func counted(_ fill: (inout AccessRecord) -> Void) -> [String: TrafficCounters] {
        var record = AccessRecord()
        record.agent = AccessClient(listener: Array("agents".utf8))
        record.pool = Array("compilers".utf8)
        fill(&record)
        var tally = Tally()
        tally.add(record)
        #expect(tally.pools[record.pool]?.traffic.retries == UInt64(record.retries), "the pool has them all")
        let servers = tally.pools[record.pool]?.servers ?? [:]
        return Dictionary(uniqueKeysWithValues: servers.map { (String(decoding: $0, as: UTF8.self), $1) })
    }

    private func failed(_ server: String, _ reason: Reason?) -> AccessRecord.FailedTry { .init(server: Array(server.utf8), reason: reason) }

    @Test func theServerThatFailedIsToldOfNotTheOneThatHelpedOut() {
        let servers = counted { record in
            record.server = Array("good".utf8)
            (record.status, record.retries) = (200, 3)
            record.failedTries = [failed("dead", .connectFailed), failed("broken", .badResponse), failed("gone", nil)]
        }
        #expect(servers["good"]?.requests == 1 && servers["good"]?.retries == 0 && servers["good"]?.failedConnects == 0)
        #expect(servers["dead"]?.requests == 0 && servers["dead"]?.retries == 1 && servers["dead"]?.failedConnects == 1)
        #expect(servers["dead"]?.connectErrors == 0, "as HAProxy: the request went well")
        #expect(servers["broken"]?.retries == 1 && servers["broken"]?.failedResponses == 1)
        #expect(servers["gone"]?.retries == 1 && servers["gone"]?.failedConnects == 0 && servers["gone"]?.failedResponses == 0)
    }

    /// It had closed a kept connection.
    @Test func whatIsSentAgainToTheSameServerIsItsOwn() {
        let servers = counted { record in
            record.server = Array("good".utf8)
            (record.status, record.retries) = (200, 1)
        }
        #expect(servers["good"]?.retries == 1 && servers["good"]?.requests == 1)
    }

    @Test func whereEveryServerWasTriedEachIsToldOf() {
        let servers = counted { record in
            (record.status, record.reason, record.retries) = (503, .connectFailed, 2)
            record.failedTries = [failed("one", .connectFailed), failed("two", .connectFailed)]
        }
        #expect(servers.mapValues(\.failedConnects) == ["one": 1, "two": 1])
    }

    @Test func aRecordForgetsThemWithTheRest() {
        var record = AccessRecord()
        record.failedTries = [failed("one", nil)]
        record.reset()
        #expect(record.failedTries.isEmpty)
    }
}
