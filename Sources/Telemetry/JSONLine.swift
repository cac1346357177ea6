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
        text(",\"id\":", record.id, to: &line)
        text(",\"site\":", record.site, to: &line)
        text(",\"listener\":", record.listener, to: &line)
        text(",\"source\":", record.source, to: &line)
        number(",\"source_port\":", record.source.isEmpty ? nil : UInt64(record.sourcePort), to: &line)
        text(",\"client\":", record.client, to: &line)
        text(",\"serial\":", record.serial, to: &line)
        switch record.tls {
        case .tls12: line.append(",\"tls\":\"1.2\"")
        case .tls13: line.append(",\"tls\":\"1.3\"")
        case nil: line.append(",\"tls\":null")
        }
        switch record.http {
        case .http10: line.append(",\"http\":\"1.0\"")
        case .http11: line.append(",\"http\":\"1.1\"")
        case .http2: line.append(",\"http\":\"2\"")
        case nil: line.append(",\"http\":null")
        }
    }

    private static func appendRequest(_ record: borrowing AccessRecord, to line: inout LineWriter) {
        text(",\"method\":", record.method, to: &line)
        text(",\"target\":", record.target, to: &line)
        text(",\"endpoint\":", record.endpoint, to: &line)
        text(",\"certname\":", record.certname, to: &line)
        text(",\"environment\":", record.environment, to: &line)
        switch record.environmentSource {
        case .query: line.append(",\"environment_source\":\"query\"")
        case .body: line.append(",\"environment_source\":\"body\"")
        case .path: line.append(",\"environment_source\":\"path\"")
        case nil: line.append(",\"environment_source\":null")
        }
        line.append(record.isCA ? ",\"ca\":true" : ",\"ca\":false")
        text(",\"transaction\":", record.transaction, to: &line)
    }

    private static func appendWay(_ record: borrowing AccessRecord, to line: inout LineWriter) {
        text(",\"route\":", record.route, to: &line)
        text(",\"pool\":", record.pool, to: &line)
        text(",\"server\":", record.server, to: &line)
        number(",\"tier\":", record.tier.map { UInt64(max(0, $0)) }, to: &line)
        line.append(record.isSticky ? ",\"sticky\":true" : ",\"sticky\":false")
        number(",\"retries\":", UInt64(max(0, record.retries)), to: &line)
    }

    private static func appendEnd(_ record: borrowing AccessRecord, to line: inout LineWriter) {
        number(",\"status\":", record.status.map { UInt64(max(0, $0)) }, to: &line)
        if let reason = record.reason {
            line.append(",\"reason\":\"")
            for byte in reason.rawValue.utf8 { line.append(byte) }
            line.append(UInt8(ascii: "\""))
        } else {
            line.append(",\"reason\":null")
        }
        number(",\"bytes_in\":", record.bytesIn, to: &line)
        number(",\"bytes_out\":", record.bytesOut, to: &line)
        milliseconds(",\"queue_ms\":", record.queueTime, to: &line)
        milliseconds(",\"connect_ms\":", record.connectTime, to: &line)
        milliseconds(",\"response_ms\":", record.responseTime, to: &line)
        milliseconds(",\"total_ms\":", record.totalTime, to: &line)
        line.append(",\"termination\":\"")
        line.append(record.termination.cause)
        line.append(record.termination.stage)
        line.append("--\"")
        text(",\"agent_version\":", record.agentVersion, to: &line)
        text(",\"compiler\":", record.compiler, to: &line)
        text(",\"cause\":", record.cause, to: &line)
        text(",\"error_text\":", record.errorText, to: &line)
    }

    @inline(__always) private static func text(_ key: StaticString, _ value: [UInt8], to line: inout LineWriter) {
        line.append(key)
        if value.isEmpty { line.append("null") } else { line.append(json: value) }
    }

    @inline(__always) private static func number(_ key: StaticString, _ value: UInt64?, to line: inout LineWriter) {
        line.append(key)
        if let value { line.append(decimal: value) } else { line.append("null") }
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
