import Admin
import Model
import Telemetry
import Testing

@testable import Engine

/// Every field of what workers counted comes into the report under its own name.
struct ReportPartsTests {
    /// Label → text.
    private func texts(_ value: Any) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: Mirror(reflecting: value).children.map { child in
                let text = (child.value as? [UInt8]).map { String(decoding: $0, as: UTF8.self) } ?? "\(child.value)"
                return (child.label ?? "", text)
            })
    }

    @Test func aFailureKeepsEveryField() {
        var failure = FailureList.Failure()
        (failure.time, failure.kind, failure.status) = (1_795_343_378, .handshake(.unknownCA), 503)
        for (number, field) in [
            \FailureList.Failure.id, \.listener, \.source, \.client, \.serial, \.endpoint, \.certname, \.environment, \.pool, \.server,
            \.target, \.cause, \.errorText,
        ].enumerated() { failure[keyPath: field] = Array("value \(number)".utf8) }
        var (expected, found) = (texts(failure), texts(FailureReport(failure)))
        #expect(Set(expected.values).count == expected.count, "each its own")
        #expect(expected.removeValue(forKey: "kind") == found.removeValue(forKey: "reason"))
        #expect(found == expected)
    }

    @Test func aRunKeepsEveryField() {
        var record = AccessRecord()
        record.startedAt = 1_795_343_377_000_000_000
        record.agent = AccessClient(certname: Array("c".utf8))
        (record.environment, record.pool) = (Array("e".utf8), Array("p".utf8))
        (record.server, record.agentVersion, record.transaction) = (Array("s".utf8), Array("8".utf8), Array("t".utf8))
        (record.endpoint, record.status, record.totalTime) = (Array("catalog".utf8), 201, 1_500_000_000)
        var tally = Tally()
        tally.add(record)
        record.endpoint = Array("report".utf8)
        record.startedAt += 9_000_000_000
        tally.add(record)
        record.endpoint = Array("node".utf8)
        record.startedAt += 9_000_000_000
        tally.add(record)
        let run = tally.certnames.runs[record.client]!
        var (expected, found) = (texts(run), texts(CertnameReport(record.client, run)))
        #expect(found.removeValue(forKey: "certname") == "c")
        #expect(Set(expected.values).count == expected.count, "each its own: \(expected)")
        expected["requests"] = "3"
        // Shown by themselves, as runs.
        expected["events"] = nil
        #expect(found == expected)
    }
}
