import Model

/// An access-log line as one JSON object: every key always there and in the same order, null where it has no value.
/// Milliseconds are numbers with at most three decimals, cut to whole microseconds.
enum JSONLine {
    static func append(_ record: borrowing AccessRecord, clock: inout LogClock, to line: inout LineWriter) {
        line.append("{\"time\":\"")
        clock.append(record.startedAt, to: &line)
        line.append("Z\"")
        appendClient(record, to: &line)
        appendRequest(record, to: &line)
        appendWay(record, to: &line)
        appendEnd(record, to: &line)
        line.append("}\n")
    }

    private static func appendClient(_ record: borrowing AccessRecord, to line: inout LineWriter) {
        line.append(",\"id\":", text: record.id)
        line.append(",\"site\":", text: record.site)
        let client = record.agent.json
        line.append(client.span)
        switch record.http {
        case .http10: line.append(",\"http\":\"1.0\"")
        case .http11: line.append(",\"http\":\"1.1\"")
        case .http2: line.append(",\"http\":\"2\"")
        case nil: line.append(",\"http\":null")
        }
    }

    private static func appendRequest(_ record: borrowing AccessRecord, to line: inout LineWriter) {
        line.append(",\"method\":", text: record.method)
        line.append(",\"target\":", text: record.target)
        line.append(",\"endpoint\":", text: record.endpoint)
        line.append(",\"certname\":", text: record.certname)
        line.append(",\"environment\":", text: record.environment)
        switch record.environmentSource {
        case .query: line.append(",\"environment_source\":\"query\"")
        case .body: line.append(",\"environment_source\":\"body\"")
        case .path: line.append(",\"environment_source\":\"path\"")
        case nil: line.append(",\"environment_source\":null")
        }
        line.append(record.isCA ? ",\"ca\":true" : ",\"ca\":false")
        line.append(",\"transaction\":", text: record.transaction)
    }

    private static func appendWay(_ record: borrowing AccessRecord, to line: inout LineWriter) {
        line.append(",\"route\":", text: record.route)
        line.append(",\"pool\":", text: record.pool)
        line.append(",\"server\":", text: record.server)
        line.append(",\"tier\":", number: record.tier.map { UInt64(max(0, $0)) })
        line.append(record.isSticky ? ",\"sticky\":true" : ",\"sticky\":false")
        line.append(",\"retries\":", number: UInt64(max(0, record.retries)))
    }

    private static func appendEnd(_ record: borrowing AccessRecord, to line: inout LineWriter) {
        line.append(",\"status\":", number: record.status.map { UInt64(max(0, $0)) })
        if let reason = record.reason {
            line.append(",\"reason\":\"")
            for byte in reason.rawValue.utf8 { line.append(byte) }
            line.append(UInt8(ascii: "\""))
        } else {
            line.append(",\"reason\":null")
        }
        line.append(",\"bytes_in\":", number: record.bytesIn)
        line.append(",\"bytes_out\":", number: record.bytesOut)
        milliseconds(",\"queue_ms\":", record.queueTime, to: &line)
        milliseconds(",\"connect_ms\":", record.connectTime, to: &line)
        milliseconds(",\"response_ms\":", record.responseTime, to: &line)
        milliseconds(",\"total_ms\":", record.totalTime, to: &line)
        line.append(",\"termination\":\"")
        line.append(record.termination.cause)
        line.append(record.termination.stage)
        line.append("--\"")
        line.append(",\"agent_version\":", text: record.agentVersion)
        line.append(",\"compiler\":", text: record.compiler)
        line.append(",\"cause\":", text: record.cause)
        line.append(",\"error_text\":", text: record.errorText)
        line.append(",\"via\":", text: record.via)
    }

    /// `12`, `0.5`, `1.042`. A time that runs backwards counts as 0.
    @inline(__always) private static func milliseconds(_ key: StaticString, _ nanoseconds: Int64?, to line: inout LineWriter) {
        line.append(key)
        if let nanoseconds { milliseconds(nanoseconds, to: &line) } else { line.append("null") }
    }

    private static func milliseconds(_ nanoseconds: Int64, to line: inout LineWriter) {
        let microseconds = UInt64(max(0, nanoseconds)) / 1000
        line.append(decimal: microseconds / 1000)
        var rest = microseconds % 1000
        guard rest > 0 else { return }
        line.append(UInt8(ascii: "."))
        var divisor: UInt64 = 100
        while rest > 0 {
            line.append(0x30 &+ UInt8(truncatingIfNeeded: rest / divisor))
            rest %= divisor
            divisor /= 10
        }
    }
}
