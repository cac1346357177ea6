import Model
import Telemetry
import Testing

/// What an agent's requests leave for the story of its runs.
struct RunEventsTests {
    private static func tally(_ requests: [(endpoint: String, status: Int?, reason: Reason?)], client: String = "web1") -> Tally {
        var tally = Tally()
        for (index, request) in requests.enumerated() {
            var record = AccessRecord()
            record.agent = AccessClient(certname: Array(client.utf8))
            record.endpoint = Array(request.endpoint.utf8)
            record.status = request.status
            record.reason = request.reason
            record.cause = request.reason == .noServer ? Array("connect".utf8) : []
            record.errorText = request.status == 500 ? [UInt8](repeating: 0x78, count: 500) : []
            record.environment = Array("production".utf8)
            record.startedAt = Int64(1000 + index) * 1_000_000_000
            record.totalTime = 40_000_000
            record.queueTime = 7_000_000
            tally.add(record)
        }
        return tally
    }

    private static func events(_ tally: Tally, of client: String = "web1") -> [RunEvents.Event] {
        tally.certnames.runs[Array(client.utf8)]?.events.events ?? []
    }

    @Test func catalogsReportsAndFailuresAreKeptAndFilesAreNot() {
        let events = Self.events(
            Self.tally([
                ("file_metadatas", 200, nil), ("file_metadatas", 404, nil), ("catalog", 500, nil), ("file_content", 503, .noServer),
                ("report", 200, nil), ("node", nil, .clientGone),
            ]))
        #expect(events.map(\.kind) == [.catalog, .failure, .report, .failure])
        #expect(events.map(\.endedAt) == [1_002_040, 1_003_040, 1_004_040, 1_005_040])
        #expect(events.map { String(decoding: $0.text, as: UTF8.self) } == [String(repeating: "x", count: 160), "connect", "", ""])
        #expect(events.map(\.status) == [500, 503, 200, 0])
        #expect(events.map(\.reason) == [nil, .noServer, nil, .clientGone])
        #expect(events.allSatisfy { $0.milliseconds == 40 && $0.queueMilliseconds == 7 && $0.environment == Array("production".utf8) })
    }

    @Test func failuresAlikeCountAsOne() {
        let failures = Array(repeating: ("file_content", Int?(503), Reason?.some(.queueFull)), count: 500)
        let events = Self.events(Self.tally([("catalog", 200, nil)] + failures + [("file_content", 502, .badResponse)]))
        #expect(events.map(\.kind) == [.catalog, .failure, .failure])
        #expect(events.map(\.count) == [1, 500, 1])
    }

    @Test func theLastOnesAreKept() {
        let events = Self.events(Self.tally((0..<60).map { ("catalog", 200 + $0, nil) }))
        #expect(events.map(\.status) == Array(236..<260))
    }

    @Test func withoutACertificateNothingIsKept() {
        #expect(Self.tally([("catalog", 200, nil)], client: "").certnames.runs.isEmpty)
    }
}
