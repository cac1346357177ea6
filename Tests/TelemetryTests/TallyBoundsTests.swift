import Model
import Telemetry
import Testing

/// What agents and servers invent takes bounded room, and so do the metrics made of it.
struct TallyBoundsTests {
    private static func record(_ environment: String, certname: String = "a", endpoint: String = "catalog", status: Int = 200)
        -> AccessRecord
    {
        var record = AccessRecord()
        record.agent = AccessClient(listener: Array("agents".utf8), certname: Array(certname.utf8))
        record.pool = Array("compilers".utf8)
        record.environment = Array(environment.utf8)
        record.certname = Array(certname.utf8)
        record.endpoint = Array(endpoint.utf8)
        record.status = status
        return record
    }

    @Test func environmentsBeyondAThousandAreCountedTogether() {
        var tally = Tally()
        for number in 0..<1500 { tally.add(Self.record("e\(number)")) }
        tally.add(Self.record("e7"))
        #expect(tally.environments.count == 1000)
        #expect(tally.otherEnvironments.requests == 500)
        #expect(tally.environments[Array("e7".utf8)]?.requests == 2)
        #expect(tally.requests == 1501)
    }

    @Test func responsesAreCountedByListener() {
        var tally = Tally()
        for listener in ["agents", "plain", "agents"] {
            var record = Self.record("production")
            record.agent = AccessClient(listener: Array(listener.utf8))
            tally.add(record)
        }
        let responses = tally.pools[Array("compilers".utf8)]?.responses ?? [:]
        #expect(responses.count == 2)
        #expect(responses[.init(listener: Array("agents".utf8), endpoint: Array("catalog".utf8), status: 200)] == 2)
    }

    @Test func statusesThatServersInventAreBounded() {
        var tally = Tally()
        for status in 100...999 {
            for endpoint in ["catalog", "node", "report", "facts"] {
                tally.add(Self.record("production", endpoint: endpoint, status: status))
            }
        }
        #expect(tally.pools[Array("compilers".utf8)]?.responses.count == 2000)
        #expect(tally.pools[Array("compilers".utf8)]?.traffic.requests == 3600)
    }

    @Test func certnamesAndFailuresAreBounded() {
        var tally = Tally()
        for number in 0..<10_500 {
            var record = Self.record("production", certname: "host\(number)")
            record.reason = .noServer
            tally.add(record)
        }
        #expect(tally.certnames.runs.count <= 10_000)
        #expect(tally.failures.failures.count == 256)
        #expect(tally.refusals(.noServer) == 10_500)
    }
}
