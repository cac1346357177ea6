import Foundation
import Model
import Settings
import Telemetry
import Testing

/// A catalog of a real run, with a value for everything.
func fullRecord() -> AccessRecord {
    var record = AccessRecord()
    record.startedAt = 1_795_343_377_123_456_789
    record.id = Array("0-1f".utf8)
    record.site = Array("eie".utf8)
    record.agent = AccessClient(
        listener: Array("agents".utf8), source: Array("2001:db8::7".utf8), sourcePort: 51324, certname: Array("web1.grnet.gr".utf8),
        serial: Array("0A1F".utf8), tls: .tls13)
    record.http = .http11
    record.method = Array("POST".utf8)
    record.target = Array("/puppet/v3/catalog/web1.grnet.gr?environment=production".utf8)
    record.endpoint = Array("catalog".utf8)
    record.certname = Array("web1.grnet.gr".utf8)
    record.environment = Array("production".utf8)
    record.environmentSource = .query
    record.transaction = Array("6f4d7c0e".utf8)
    record.route = Array("environments.production".utf8)
    record.pool = Array("compilers".utf8)
    record.server = Array("p1".utf8)
    record.tier = 0
    record.retries = 1
    record.status = 200
    record.bytesIn = 11_400
    record.bytesOut = 163_840
    record.headTime = 900_000
    record.queueTime = 0
    record.connectTime = 1_042_999
    record.responseTime = 1_500_000_000
    record.totalTime = 1_502_100_000
    record.agentVersion = Array("7.23.0".utf8)
    record.compiler = Array("p1.grnet.gr".utf8)
    record.cause = Array("a cause".utf8)
    record.errorText = Array("Evaluation Error: boom".utf8)
    record.via = Array("pf1.eie,pf1.knossos".utf8)
    (record.processConnections, record.listenerConnections, record.poolRequests, record.serverRequests) = (9, 8, 7, 6)
    record.queueAhead = 5
    return record
}

func line(_ record: borrowing AccessRecord, _ format: LogSettings.Format, offset: Int64 = 0) -> String {
    var formatter = AccessLogFormatter(format: format, localOffsetSeconds: offset)
    var output: [UInt8] = []
    formatter.append(record, to: &output)
    return String(decoding: output, as: UTF8.self)
}

struct AccessLogFormatterTests {
    static let keys = [
        "time", "id", "site", "listener", "source", "source_port", "client", "serial", "tls", "http", "method", "target", "endpoint",
        "certname", "environment", "environment_source", "ca", "transaction", "route", "pool", "server", "tier", "sticky", "retries",
        "status", "reason", "bytes_in", "bytes_out", "queue_ms", "connect_ms", "response_ms", "total_ms", "termination",
        "agent_version", "compiler", "cause", "error_text", "via",
    ]

    /// A record whose every value differs from `fullRecord`'s, the switches too.
    @Test func everyValueIsItsOwn() throws {
        var record = fullRecord()
        record.agent = AccessClient(
            listener: record.listener, source: record.source, sourcePort: record.sourcePort, certname: record.client,
            serial: record.serial, tls: .tls12)
        (record.http, record.environmentSource, record.isCA, record.isSticky) = (.http10, .path, true, true)
        (record.tier, record.retries, record.status, record.reason) = (3, 4, 503, .connectFailed)
        record.termination = Termination("SC")
        (record.queueTime, record.connectTime, record.responseTime, record.totalTime) = (1_000_000, 2_000_000, 3_500_000, 9_000_000)
        let object = try Self.object(line(record, .json))
        let expected: [String: NSObject] = [
            "tls": "1.2" as NSString, "http": "1.0" as NSString, "environment_source": "path" as NSString, "ca": true as NSNumber,
            "sticky": true as NSNumber, "tier": 3 as NSNumber, "retries": 4 as NSNumber, "status": 503 as NSNumber,
            "reason": "connect_failed" as NSString, "termination": "SC--" as NSString, "queue_ms": 1 as NSNumber,
            "connect_ms": 2 as NSNumber, "response_ms": 3.5 as NSNumber, "total_ms": 9 as NSNumber,
        ]
        for (key, value) in expected { #expect(object[key] as? NSObject == value, "\(key)") }
        record.environmentSource = .body
        record.http = .http2
        #expect(try Self.object(line(record, .json))["environment_source"] as? String == "body")
        #expect(try Self.object(line(record, .json))["http"] as? String == "2")
        #expect(
            line(record, .httplog) == "2001:db8::7:51324 [22/Nov/2026:10:29:37.123] agents~ compilers/p1 0/1/2/3/9 503 163840 - - SC-- "
                + "9/8/7/6/4 0/5 \"POST /puppet/v3/catalog/web1.grnet.gr?environment=production HTTP/2.0\"\n")
    }

    /// Records are used again: nothing of one request may be in the next one's line or counters.
    @Test func aResetRecordIsAsNew() {
        var record = fullRecord()
        record.agent = AccessClient(listener: record.listener, tls: .tls12)
        (record.isCA, record.isSticky, record.reason, record.overflowedFrom) = (true, true, .cut, Array("q".utf8))
        record.termination = Termination("SD")
        record.failedTries = [.init(server: Array("s".utf8), reason: .badResponse)]
        record.reset()
        let new = AccessRecord()
        for format in [LogSettings.Format.json, .httplog] { #expect(line(record, format) == line(new, format)) }
        var (used, fresh) = (Tally(), Tally())
        used.add(record)
        fresh.add(new)
        #expect(flattened(used) == flattened(fresh))
        #expect(record.listener.isEmpty && record.failedTries.isEmpty && record.headTime == nil && record.sourcePort == 0)
    }

    /// The keys in order of appearance: values here hold neither quotes nor colons after a quote.
    static func keys(of line: String) -> [String] {
        line.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
            .reduce(into: (keys: [String](), previous: "")) { state, part in
                if part.hasPrefix(":") { state.keys.append(state.previous) }
                state.previous = part
            }.keys
    }

    static func object(_ line: String) throws -> NSDictionary {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary)
    }

    @Test func jsonTellsEverything() throws {
        let text = line(fullRecord(), .json)
        #expect(Self.keys(of: text) == Self.keys)
        #expect(
            try Self.object(text) == [
                "time": "2026-11-22T10:29:37.123Z", "id": "0-1f", "site": "eie", "listener": "agents", "source": "2001:db8::7",
                "source_port": 51324, "client": "web1.grnet.gr", "serial": "0A1F", "tls": "1.3", "http": "1.1", "method": "POST",
                "target": "/puppet/v3/catalog/web1.grnet.gr?environment=production", "endpoint": "catalog", "certname": "web1.grnet.gr",
                "environment": "production", "environment_source": "query", "ca": false, "transaction": "6f4d7c0e",
                "route": "environments.production", "pool": "compilers", "server": "p1", "tier": 0, "sticky": false, "retries": 1,
                "status": 200, "reason": NSNull(), "bytes_in": 11400, "bytes_out": 163840, "queue_ms": 0, "connect_ms": 1.042,
                "response_ms": 1500, "total_ms": 1502.1, "termination": "----", "agent_version": "7.23.0", "compiler": "p1.grnet.gr",
                "cause": "a cause", "error_text": "Evaluation Error: boom", "via": "pf1.eie,pf1.knossos",
            ])
        #expect(text.hasSuffix("}\n") && text.filter { $0 == "\n" }.count == 1)
    }

    /// Room for a line is found before it is written.
    @Test func aLongWayOverInstancesFits() {
        var record = AccessRecord()
        record.via = [UInt8](repeating: 1, count: 3_000)
        #expect(line(record, .json).contains(#","via":"\u0001"#))
    }

    @Test func jsonHasEveryKeyWhereNothingIsKnown() throws {
        let text = line(AccessRecord(), .json)
        #expect(Self.keys(of: text) == Self.keys)
        let object = try Self.object(text)
        let valued = Self.keys.filter { !(object[$0] is NSNull) }
        #expect(valued == ["time", "ca", "sticky", "retries", "bytes_in", "bytes_out", "termination"])
    }

    @Test(arguments: Reason.allCases)
    func jsonTellsTheReasonInTheContractsWord(reason: Reason) throws {
        var record = AccessRecord()
        record.reason = reason
        record.status = reason.status
        record.termination = Termination("SC--")
        let object = try Self.object(line(record, .json))
        #expect(object["reason"] as? String == reason.rawValue)
        #expect(object["status"] as? Int == reason.status)
        #expect(object["termination"] as? String == "SC--")
    }

    @Test(arguments: [
        (Int64(0), "0"), (999, "0"), (1000, "0.001"), (10_000, "0.01"), (100_999, "0.1"), (1_000_000, "1"), (1_234_567, "1.234"),
        (12_030_000, "12.03"), (-5, "0"), (.max, "9223372036854.775"),
    ])
    func millisecondsHaveAtMostThreeDecimals(nanoseconds: Int64, expected: String) {
        var record = AccessRecord()
        record.totalTime = nanoseconds
        #expect(line(record, .json).contains("\"total_ms\":\(expected),"))
    }

    @Test func httplogIsAsHAProxyWritesIt() {
        #expect(
            line(fullRecord(), .httplog, offset: 7200)
                == "2001:db8::7:51324 [22/Nov/2026:12:29:37.123] agents~ compilers/p1 0/0/1/1500/1502 200 163840 - - ---- 9/8/7/6/1 0/5 "
                + "\"POST /puppet/v3/catalog/web1.grnet.gr?environment=production HTTP/1.1\"\n")
    }

    @Test func httplogOfARequestThatCouldNotBeRead() {
        var record = AccessRecord()
        record.agent = AccessClient(listener: Array("agents".utf8), source: Array("192.0.2.1".utf8), sourcePort: 7)
        record.status = 400
        record.termination = Termination("PR--")
        #expect(
            line(record, .httplog)
                == "192.0.2.1:7 [01/Jan/1970:00:00:00.000] agents agents/<NOSRV> -1/-1/-1/-1/-1 400 0 - - PR-- 0/0/0/0/0 0/0 \"<BADREQ>\"\n"
        )
    }

    /// Text is looked through eight bytes at a time: every byte must be found at every place of eight, and in the rest.
    @Test func jsonEscapesWhatMustBeWhereverItStands() {
        for byte in UInt8.min...UInt8.max {
            let isPlain = byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C
            for place in 0..<19 {
                var record = AccessRecord()
                record.target = [UInt8](repeating: UInt8(ascii: "z"), count: 19)
                record.target[place] = byte
                let asItIs = [UInt8](",\"target\":\"".utf8) + record.target + [UInt8(ascii: "\"")]
                let text = Array(line(record, .json).utf8)
                #expect(text.contains(asItIs) == isPlain, "\(byte) at \(place)")
            }
        }
    }

    /// What a client may put where: none of it may end the field or the line, or be taken for another field.
    static let forgeries: [[UInt8]] = [
        Array("x\n{\"time\":\"forged\"}".utf8), Array("x\r\nforged".utf8), Array("x\",\"status\":200,\"x\":\"".utf8),
        Array("x\\".utf8), Array("x\\\",".utf8), Array("\u{1b}[2J\u{7f}\u{9b}31m".utf8), Array("a b\tc".utf8), Array("\0".utf8),
        Array("λ €𝄞 é".utf8), Array("\u{2028}\u{feff}".utf8), Array(0...255), [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x92], [0xC0, 0xAF],
        [0xED, 0xA0, 0x80],
        [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82, 0x22, 0x0A], [0xFF, 0xFE, 0x41], [0xF8, 0x88, 0x80, 0x80, 0x80],
    ]

    @Test(arguments: forgeries)
    func noBytesOfAClientForgeJSON(bytes: [UInt8]) throws {
        var record = fullRecord()
        forge(&record, bytes)
        var output: [UInt8] = []
        var formatter = AccessLogFormatter(format: .json)
        formatter.append(record, to: &output)
        let text = try #require(String(validating: output, as: UTF8.self))
        let object = try Self.object(text)
        #expect(object.count == Self.keys.count)
        let expected = String(decoding: bytes, as: UTF8.self)
        for key in ["method", "target", "certname", "environment", "transaction", "agent_version", "client", "compiler"] {
            #expect((object[key] as? String).map { Array($0.unicodeScalars) } == Array(expected.unicodeScalars))
        }
        #expect(object["status"] as? Int == 200)
        #expect(text.unicodeScalars.dropLast().allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
    }

    @Test(arguments: forgeries)
    func noBytesOfAClientForgeHTTPLog(bytes: [UInt8]) {
        var record = fullRecord()
        forge(&record, bytes)
        let text = line(record, .httplog)
        #expect(text.utf8.dropLast().allSatisfy { (0x20..<0x7F).contains($0) })
        #expect(text.filter { $0 == "\"" }.count == 2)
        let before = text.prefix { $0 != "\"" }
        #expect(before == line(fullRecord(), .httplog).prefix { $0 != "\"" })
        #expect(text.hasSuffix(" HTTP/1.1\"\n"))
    }

    /// Puts the same text into everything that a client chooses.
    private func forge(_ record: inout AccessRecord, _ bytes: [UInt8]) {
        record.method = bytes
        record.target = bytes
        record.certname = bytes
        record.environment = bytes
        record.transaction = bytes
        record.agentVersion = bytes
        record.agent = AccessClient(
            listener: record.listener, source: record.source, sourcePort: record.sourcePort, certname: bytes, serial: record.serial,
            tls: record.tls)
        record.compiler = bytes
    }

    @Test func httplogEscapesAsHAProxy() {
        var record = fullRecord()
        record.target = Array("/a\"b#c d\u{7f}é".utf8)
        #expect(line(record, .httplog).hasSuffix("\"POST /a#22b#23c d#7F#C3#A9 HTTP/1.1\"\n"))
    }
}
