import Admin
import Telemetry
import Testing

/// An agent's requests, put together to runs.
struct AgentRunTests {
    private static func event(_ kind: RunEvents.Event.Kind, _ time: Int64, _ status: Int = 200, count: Int = 1) -> RunEvents.Event {
        var event = RunEvents.Event(kind: kind, endedAt: time * 1000)
        event.status = status
        event.count = count
        event.endpoint = Array((kind == .catalog ? "catalog" : kind == .report ? "report" : "file_content").utf8)
        return event
    }

    @Test func aRunIsACatalogAndWhatFollowsItUntilTheReport() {
        let runs = AgentRun.runs([
            Self.event(.report, 2050), Self.event(.catalog, 2000, 500), Self.event(.catalog, 1000),
            Self.event(.failure, 1010, 503, count: 3),
            Self.event(.report, 3000),
        ])
        #expect(runs.map(\.time) == [3000, 2000, 1000])
        #expect(runs.map { $0.catalog?.status } == [nil, 500, 200])
        #expect(runs.map { $0.report?.status } == [200, 200, nil])
        #expect(runs.map(\.otherFailures) == [0, 0, 3])
        let reversed = AgentRun.runs([Self.event(.report, 1001), Self.event(.catalog, 1000), Self.event(.catalog, 1002)].reversed())
        #expect(reversed.map(\.time) == [1002, 1000])
        #expect(runs[2].firstFailure?.endpoint == "file_content" && runs[2].firstFailure?.status == 503)
        #expect(runs.allSatisfy { $0.hasFailed }, "without a catalog, with a failed one, with files that failed")
    }

    @Test func whatFailsBeforeTheCatalogBelongsToItsRun() {
        let runs = AgentRun.runs([Self.event(.failure, 1000, 503), Self.event(.catalog, 1600), Self.event(.report, 1700)])
        #expect(runs.count == 1 && runs[0].time == 1600 && runs[0].otherFailures == 1)
        let apart = AgentRun.runs([Self.event(.failure, 1000, 503), Self.event(.catalog, 1601), Self.event(.report, 1700)])
        #expect(apart.map(\.time) == [1601, 1000] && !apart[0].hasFailed)
    }

    @Test func twoCatalogsAreTwoRuns() {
        #expect(AgentRun.runs([Self.event(.catalog, 1000), Self.event(.catalog, 1001)]).map(\.time) == [1001, 1000])
    }

    @Test func anHourMayPassBeforeTheReport() {
        #expect(AgentRun.runs([Self.event(.catalog, 1000), Self.event(.report, 4600)]).count == 1)
        #expect(AgentRun.runs([Self.event(.catalog, 1000), Self.event(.report, 4601)]).count == 2)
    }

    @Test func tenAreShown() {
        #expect(AgentRun.runs((0..<24).map { Self.event(.catalog, 1000 + Int64($0) * 1800) }).count == 10)
    }
}
