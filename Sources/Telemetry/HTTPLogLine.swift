import Model

/// An access-log line in HAProxy's `option httplog`, without captured headers and cookies:
/// `%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %{+Q}r`.
/// Times are whole milliseconds, -1 where not reached; a pool is the backend, and a pool has no queue per server (%sq is 0).
enum HTTPLogLine {
    static func append(_ record: borrowing AccessRecord, clock: inout LogClock, to line: inout LineWriter) {
        word(record.source, else: "-", to: &line)
        line.append(UInt8(ascii: ":"))
        line.append(decimal: UInt64(record.sourcePort))
        line.append(" [")
        clock.append(record.startedAt, to: &line)
        line.append("] ")
        word(record.listener, else: "-", to: &line)
        line.append(record.tls == nil ? " " : "~ ")
        word(record.pool.isEmpty ? record.listener : record.pool, else: "-", to: &line)
        line.append(UInt8(ascii: "/"))
        word(record.server, else: "<NOSRV>", to: &line)
        appendTimes(record, to: &line)
        line.append(" - - ")
        line.append(record.termination.cause)
        line.append(record.termination.stage)
        line.append("-- ")
        appendLoad(record, to: &line)
        appendRequest(record, to: &line)
        line.append(0x0A)
    }

    private static func appendTimes(_ record: borrowing AccessRecord, to line: inout LineWriter) {
        milliseconds(" ", record.headTime, to: &line)
        milliseconds("/", record.queueTime, to: &line)
        milliseconds("/", record.connectTime, to: &line)
        milliseconds("/", record.responseTime, to: &line)
        milliseconds("/", record.totalTime, to: &line)
        if let status = record.status {
            number(" ", status, to: &line)
        } else {
            line.append(" -1")
        }
        line.append(0x20)
        line.append(decimal: record.bytesOut)
    }

    private static func appendLoad(_ record: borrowing AccessRecord, to line: inout LineWriter) {
        number("", record.processConnections, to: &line)
        number("/", record.listenerConnections, to: &line)
        number("/", record.poolRequests, to: &line)
        number("/", record.serverRequests, to: &line)
        number("/", record.retries, to: &line)
        number(" 0/", record.queueAhead, to: &line)
    }

    private static func appendRequest(_ record: borrowing AccessRecord, to line: inout LineWriter) {
        guard let http = record.http else {
            line.append(" \"<BADREQ>\"")
            return
        }
        line.append(" \"")
        line.append(haproxy: record.method, isWord: true)
        line.append(0x20)
        line.append(haproxy: record.target, isWord: false)
        switch http {
        case .http10: line.append(" HTTP/1.0\"")
        case .http11: line.append(" HTTP/1.1\"")
        case .http2: line.append(" HTTP/2.0\"")
        }
    }

    private static func word(_ bytes: [UInt8], else fallback: StaticString, to line: inout LineWriter) {
        if bytes.isEmpty { line.append(fallback) } else { line.append(haproxy: bytes, isWord: true) }
    }

    private static func number(_ before: StaticString, _ value: Int, to line: inout LineWriter) {
        line.append(before)
        line.append(decimal: UInt64(max(0, value)))
    }

    private static func milliseconds(_ before: StaticString, _ nanoseconds: Int64?, to line: inout LineWriter) {
        line.append(before)
        if let nanoseconds {
            line.append(decimal: UInt64(max(0, nanoseconds)) / 1_000_000)
        } else {
            line.append("-1")
        }
    }
}
