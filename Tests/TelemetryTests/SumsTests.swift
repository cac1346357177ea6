import Model
import Telemetry
import Testing

/// What workers counted apart adds up to what one would have counted: every stored value of every type that is summed.
struct SumsTests {
    /// Requests of every kind, each with other figures.
    private static func record(_ number: Int) -> AccessRecord {
        var record = AccessRecord()
        let reasons: [Reason?] = Reason.allCases + Array(repeating: nil, count: 12)
        record.startedAt = (1_795_000_000 + Int64(number / 20)) * 1_000_000_000
        record.id = Array("id\(number)".utf8)
        record.agent = AccessClient(
            listener: Array("listener\(number % 2)".utf8), source: Array("192.0.2.\(number % 7)".utf8),
            certname: number % 5 == 0 ? [] : Array("web\(number % 11).test".utf8))
        record.endpoint = Array(["catalog", "report", "file_metadata", "node"][number % 4].utf8)
        record.certname = record.client
        // The ninth name and those after it go by a dictionary.
        record.environment = Array("environment\(number % 10)".utf8)
        record.route = Array("route\(number % 10)".utf8)
        record.pool = Array("pool\(number % 3)".utf8)
        if number % 6 == 0 { record.overflowedFrom = Array("pool\((number + 1) % 3)".utf8) }
        record.server = Array("s\(number % 9)".utf8)
        record.reason = reasons[number % reasons.count]
        record.status = record.reason.map { $0.status } ?? [100, 200, 204, 304, 404, 500, 201, 301, 403, 503, 202, 206][number % 12]
        (record.bytesIn, record.bytesOut) = (UInt64(100 + number), UInt64(10_000 + 3 * number))
        record.retries = number % 4
        if number % 4 > 1 {
            let server = Array("s\((number + 1) % 9)".utf8)
            record.failedTries = [.init(server: server, reason: [.connectFailed, .badResponse, nil][number % 3])]
        }
        if number % 8 != 7 {
            record.queueTime = Int64(number % 5) * 7_000_000
            record.connectTime = Int64(number) * 11_000
            record.responseTime = Int64(number) * 1_300_000
            record.totalTime = Int64(number) * 1_900_000 + 50_000_000
        }
        record.agentVersion = Array("8.\(number)".utf8)
        record.transaction = Array("t\(number)".utf8)
        record.cause = Array("cause\(number)".utf8)
        record.errorText = Array("error\(number)".utf8)
        return record
    }

    private static func handshake(_ number: Int) -> RefusedHandshake {
        RefusedHandshake(
            HandshakeRefusal.allCases[number % HandshakeRefusal.allCases.count], time: 1_795_000_000 + Int64(number),
            listener: Array("listener0".utf8), source: Array("192.0.2.\(number % 7)".utf8), certname: Array("bad\(number)".utf8),
            serial: Array("0A".utf8), cause: Array("why".utf8))
    }

    private static func fill(_ tally: inout Tally, _ number: Int) {
        tally.add(record(number))
        let listener = Array("listener\(number % 2)".utf8)
        tally.opened(listener, at: 1_795_000_000 + Int64(number / 20))
        if number % 3 > 0 { tally.closed(listener) }
        tally.handshakeDone(listener, nanoseconds: Int64(number) * 1_700_000)
        if number % 4 == 0 {
            tally.handshakeFailed(listener)
            tally.handshakeRefused(handshake(number))
        }
    }

    /// What is an upper bound over workers, not a sum.
    private static func isUpperBound(_ path: String) -> Bool { path.hasSuffix(".maximum") }

    /// Each request is counted by two of three workers, and twice by the one that represents all.
    private static func parts(_ numbers: Range<Int>) -> (whole: Tally, parts: [Tally]) {
        var (whole, parts) = (Tally(), [Tally](repeating: Tally(), count: 3))
        // From here on every worker knows the environments: until then each counts a name as `other`.
        for number in 0..<10 {
            var known = record(number)
            known.agent = AccessClient(listener: known.listener, source: known.source, certname: Array("web1.test".utf8))
            (known.status, known.reason) = (200, nil)
            for worker in 0..<3 {
                parts[worker].add(known)
                whole.add(known)
            }
        }
        for number in numbers {
            for worker in [number % 3, (number / 3 + number + 1) % 3] { fill(&parts[worker], number) }
            for _ in 1...2 { fill(&whole, number) }
        }
        return (whole, parts)
    }

    private static func counters(_ tally: Tally) -> [String: String] {
        // Lists of the last failures and runs are compared by themselves: a list is no sum.
        flattened(tally).filter { !$0.key.hasPrefix(".failures.") && !$0.key.hasPrefix(".certnames.") }
    }

    @Test func theSumOfWorkersIsWhatOneWouldHaveCounted() {
        let (whole, parts) = Self.parts(0..<180)
        var sum = Tally()
        for part in parts { sum += part }
        let (expected, found) = (Self.counters(whole), Self.counters(sum))
        #expect(Set(expected.keys) == Set(found.keys))
        #expect(expected.count > 700, "\(expected.count)")
        for (path, value) in expected where !Self.isUpperBound(path) { #expect(found[path] == value, "\(path)") }
        let each = parts.map(Self.counters)
        for path in expected.keys where Self.isUpperBound(path) {
            #expect(found[path] == "\(each.compactMap { UInt64($0[path] ?? "0") }.reduce(0, +))", "\(path)")
        }
    }

    /// Else a field that is not added, or that replaces another's, could not be seen.
    @Test func everyFieldIsCountedByMoreThanOneWorker() {
        let (whole, parts) = Self.parts(0..<180)
        let (expected, found) = (Self.counters(whole), parts.map(Self.counters))
        var fields: Set<String> = []
        for (path, value) in expected where value != "0" && Int(value) != nil {
            guard found.count(where: { ($0[path] ?? "0") != "0" }) > 1 else { continue }
            fields.insert(path.split(separator: ".").filter { !$0.contains { $0.isNumber } }.joined(separator: "."))
        }
        for field in [
            "requests", "bytesIn", "bytesOut", "retries", "refused", "requestErrors", "connectErrors", "responseErrors",
            "connectsPassedOn", "responsesPassedOn", "clientAborts", "serverAborts", "queueTime", "connectTime", "responseTime",
            "totalTime", "timed", "lastRequest", "rate.second", "rate.inSecond", "rate.inSecondBefore", "rate.maximum", "statuses",
        ] {
            // Listeners' requests are never another server's fault: a failed try is its server's alone.
            let owner = field.hasSuffix("PassedOn") ? "byPool.byServer" : "byListener"
            #expect(fields.contains("\(owner).\(field)"), "\(owner).\(field)")
        }
        for field in [
            "requests", "byRoute", "refusals", "handshakeRefusals", "connections.current", "connections.maximum", "connections.total",
            "connections.rate.inSecond", "connections.handshakesDone", "connections.handshakesFailed", "connections.handshakeTimes.counts",
            "connections.handshakeTimes.sumNanoseconds", "byPool.queueTimes.counts", "byPool.queueTimes.sumNanoseconds",
            "byPool.overflowed", "byPool.byEndpoint.catalog.responses.count", "byPool.byEndpoint.catalog.times.counts",
            "byPool.byEndpoint.catalog.times.sumNanoseconds", "byPool.responseCount",
        ] {
            #expect(fields.contains(field), "\(field) in \(fields.sorted())")
        }
    }

    @Test func theLastFailuresOfAllWorkersAreKept() {
        let (whole, parts) = Self.parts(0..<60)
        var sum = Tally()
        for part in parts { sum += part }
        func texts(_ tally: Tally) -> [String] {
            tally.failures.failures.map { failure in
                flattened(failure).sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " ")
            }
            .sorted()
        }
        #expect(texts(sum) == texts(whole) && texts(sum).count > 60, "\(texts(sum).count)")
        let times = sum.failures.failures.map(\.time)
        #expect(times == times.sorted(by: >), "the youngest first")
    }

    /// Without the events, which are of one worker.
    private static func lastRuns(_ tally: Tally) -> [String: String] {
        flattened(tally.certnames.runs).filter { !$0.key.contains(".events.") }
    }

    @Test func anAgentsRunIsTheYoungestWorkersAndItsRequestsAddUp() throws {
        let (whole, parts) = Self.parts(0..<180)
        for order in [parts, parts.reversed()] {
            var sum = Tally()
            for part in order { sum += part }
            let (expected, found) = (Self.lastRuns(whole), Self.lastRuns(sum))
            #expect(found == expected)
            #expect(found.count == 11 * 12, "\(found.count)")
        }
    }

    @Test func clearingForgetsWhatAddsUpAndKeepsTheRest() {
        let (whole, _) = Self.parts(0..<60)
        var cleared = whole
        cleared.clear()
        let left = flattened(cleared).filter { $0.value != "0" && $0.value != "nil" && !$0.key.hasPrefix(".certnames.") }
        for (path, value) in left where !path.hasPrefix(".failures.") {
            #expect([".current", ".maximum"].contains { path.hasSuffix($0) } && path.hasPrefix(".connections."), "\(path) \(value)")
        }
        #expect(flattened(cleared.certnames) == flattened(whole.certnames))
        #expect(cleared.failures.failures == whole.failures.failures)
        let open = whole.connections.mapValues(\.current)
        #expect(cleared.connections.mapValues(\.current) == open && open.values.allSatisfy { $0 > 0 })
        #expect(cleared.connections.mapValues(\.maximum) == open)
    }
}
