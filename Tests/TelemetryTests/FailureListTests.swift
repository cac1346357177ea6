import Model
import Telemetry
import Testing

/// What `show errors` and the page list, and which entries may evict which.
struct FailureListTests {
    private static func record(_ number: Int, client: String? = "web1.test", endpoint: String = "catalog", source: String = "192.0.2.1")
        -> AccessRecord
    {
        var record = AccessRecord()
        record.startedAt = Int64(number) * 1_000_000_000
        record.id = Array("\(number)".utf8)
        record.agent = AccessClient(source: Array(source.utf8), certname: Array((client ?? "").utf8))
        record.endpoint = Array(endpoint.utf8)
        return record
    }

    @Test func aFailureHasEverythingThatIsKnownOfIt() {
        var record = fullRecord()
        (record.status, record.reason) = (400, .badRequest)
        record.target = [UInt8](repeating: UInt8(ascii: "x"), count: 300)
        var tally = Tally()
        tally.add(record)
        #expect(
            tally.failures.failures.map { flattened($0) } == [
                [
                    ".time": "1795343378", ".kind": "request(Model.Reason.badRequest)", ".status": "400", ".id": "0-1f",
                    ".listener": "agents", ".source": "2001:db8::7", ".client": "web1.grnet.gr", ".serial": "", ".endpoint": "catalog",
                    ".certname": "web1.grnet.gr", ".environment": "production", ".pool": "compilers", ".server": "p1",
                    ".target": String(repeating: "x", count: 200), ".cause": "a cause", ".errorText": "Evaluation Error: boom",
                ]
            ])
    }

    @Test(arguments: [
        ("catalog", 500, true), ("catalog", 400, true), ("catalog", 399, false), ("report", 403, true), ("node", 404, true),
        ("facts", 500, true), ("file_metadata", 404, true), ("file_metadatas", 500, true), ("file_content", 404, true),
        ("static_file_content", 404, true), ("file_bucket_file", 404, false), ("status", 503, false), ("ca_certificate", 404, false),
    ])
    func serversErrorsToAgentsRunsAreFailures(_ endpoint: String, _ status: Int, _ isListed: Bool) {
        var record = Self.record(1, endpoint: endpoint)
        record.status = status
        record.errorText = Array("boom".utf8)
        var tally = Tally()
        tally.add(record)
        #expect(tally.failures.failures.map(\.kind) == (isListed ? [.serverError] : []))
        #expect(tally.refusals.allSatisfy { $0 == 0 }, "the server's, not ours")
    }

    @Test func refusedHandshakesAreListedAndCounted() {
        var tally = Tally()
        for refusal in HandshakeRefusal.allCases {
            tally.handshakeRefused(
                RefusedHandshake(
                    refusal, time: 7, listener: Array("agents".utf8), source: Array("192.0.2.\(refusal.rawValue.count)".utf8),
                    certname: Array("web1.test".utf8), serial: Array("0A".utf8), cause: Array("certificate revoked".utf8)))
        }
        for refusal in HandshakeRefusal.allCases { #expect(tally.refusals(refusal) == 1) }
        let first = tally.failures.failures.first { $0.kind == .handshake(.certificateRevoked) }
        #expect(first.map { String(decoding: $0.certname, as: UTF8.self) } == "web1.test" && first?.client == [])
        #expect(tally.failures.failures.count == HandshakeRefusal.allCases.count)
    }

    /// Nothing that a client without a certificate does displaces what happened to agents.
    @Test func anonymousClientsDisplaceOnlyTheirOwn() {
        var tally = Tally()
        var agents = Self.record(1)
        agents.reason = .noServer
        tally.add(agents)
        var file = Self.record(1, client: "web2.test", endpoint: "file_metadata")
        file.status = 404
        tally.add(file)
        for number in 2..<5000 {
            var record = Self.record(number, client: nil, source: "192.0.2.\(number % 200)")
            (record.reason, record.status) = (.badRequest, 400)
            tally.add(record)
            tally.handshakeRefused(
                RefusedHandshake(
                    .unknownCA, time: Int64(number), listener: [], source: Array("192.0.2.\(number % 200)".utf8), certname: [], serial: [],
                    cause: []))
        }
        let found = tally.failures.failures
        #expect(found.count == 2 + 64 + 64)
        #expect(found.suffix(2).map(\.time) == [1, 1])
    }

    @Test func noOneHoldsMoreThanAQuarter() {
        var tally = Tally()
        for number in 0..<1000 {
            var record = Self.record(number)
            record.reason = .noServer
            tally.add(record)
        }
        #expect(tally.failures.failures.map(\.time) == (936...999).reversed().map { Int64($0) }, "the last of its own")
        var other = Self.record(1001, client: "web2.test")
        other.reason = .cut
        tally.add(other)
        for number in 1002..<2000 {
            var record = Self.record(number)
            record.reason = .noServer
            tally.add(record)
        }
        #expect(tally.failures.failures.count == 65 && tally.failures.failures.contains { $0.time == 1001 })
    }

    /// Of two workers' lists the youngest stay, in either order.
    @Test func ofTwoWorkersFailuresTheYoungestAreKept() {
        func tally(_ times: some Sequence<Int>) -> Tally {
            var tally = Tally()
            for time in times {
                var record = Self.record(time, client: "web\(time % 50).test")
                record.reason = .noServer
                tally.add(record)
            }
            return tally
        }
        let (one, two) = (tally(stride(from: 0, to: 400, by: 2)), tally(stride(from: 1, to: 400, by: 2)))
        for (first, second) in [(one, two), (two, one)] {
            var sum = first
            sum += second
            #expect(sum.failures.failures.map(\.time) == (144..<400).reversed().map { Int64($0) })
        }
    }

    @Test func environmentsAreKnownByWhatServersServe() {
        func known(client: String?, endpoint: String, status: Int?, pool: String = "compilers") -> Bool {
            var record = Self.record(1, client: client, endpoint: endpoint)
            (record.environment, record.pool, record.status) = (Array("junk".utf8), Array(pool.utf8), status)
            var tally = Tally()
            tally.add(record)
            #expect(tally.environments.isEmpty == (tally.otherEnvironments.requests == 1))
            return !tally.environments.isEmpty
        }
        #expect(known(client: "web1.test", endpoint: "catalog", status: 200))
        #expect(known(client: "web1.test", endpoint: "environments", status: 204))
        #expect(known(client: nil, endpoint: "file_metadata", status: 200), "behind a terminator that verifies agents")
        #expect(!known(client: nil, endpoint: "ca_certificate", status: 200), "for anybody, whatever the environment")
        #expect(!known(client: "web1.test", endpoint: "catalog", status: 500), "it may not exist")
        #expect(!known(client: "web1.test", endpoint: "catalog", status: 404))
        #expect(!known(client: "web1.test", endpoint: "catalog", status: nil))
        #expect(!known(client: "web1.test", endpoint: "catalog", status: 200, pool: ""))
    }

    @Test func aKnownEnvironmentsFailuresAreItsOwn() {
        var tally = Tally()
        for status in [200, 500, 403] {
            var record = Self.record(1)
            (record.environment, record.pool, record.status) = (Array("production".utf8), Array("compilers".utf8), status)
            tally.add(record)
        }
        #expect(tally.environments[Array("production".utf8)]?.requests == 3)
    }

    /// Each worker's table is bounded, and so is their sum.
    @Test func theSumOfRunsIsBounded() {
        var parts = [Tally(), Tally()]
        for (worker, first) in [0, 9_000].enumerated() {
            for number in first..<(first + 9_000) {
                var record = Self.record(number, client: "host\(number)")
                record.status = 200
                parts[worker].add(record)
            }
        }
        var sum = parts[0]
        sum += parts[1]
        #expect(sum.certnames.runs.count == 10_000)
        #expect(sum.certnames.runs[Array("host17999".utf8)] != nil && sum.certnames.runs[Array("host0".utf8)] == nil)
    }
}
