import Model
import Settings

/// One line of the access log from one record. Each worker has its own; the line ends with a line feed (which syslog does not want).
package struct AccessLogFormatter: Sendable {
    package let format: LogSettings.Format
    private var clock: LogClock

    /// `localOffsetSeconds`: the local time's distance from UTC, east positive; httplog's dates are local, JSON's are UTC.
    package init(format: LogSettings.Format, localOffsetSeconds: Int64 = 0) {
        self.format = format
        clock = format == .json ? LogClock(style: .rfc3339) : LogClock(style: .haproxy, offsetSeconds: localOffsetSeconds)
    }

    package mutating func append(_ record: borrowing AccessRecord, to output: inout [UInt8]) {
        let capacity = AccessLogFormatter.lineBound(record)
        switch format {
        case .json: LineWriter.append(to: &output, capacity: capacity) { JSONLine.append(record, clock: &clock, to: &$0) }
        case .httplog: LineWriter.append(to: &output, capacity: capacity) { HTTPLogLine.append(record, clock: &clock, to: &$0) }
        }
    }

    /// No line is longer: the keys and punctuation of JSON are below 600 bytes, its 12 numbers and the reason below 300, and every
    /// text is counted as if each byte were escaped (httplog writes the listener's name twice, but each byte as 3 at most).
    private static func lineBound(_ record: borrowing AccessRecord) -> Int {
        let who = record.id.count + record.site.count + record.listener.count + record.source.count + record.client.count
        let certificate = record.serial.count + record.agentVersion.count + record.compiler.count
        let what = record.method.count + record.target.count + record.endpoint.count + record.certname.count
        let way = record.environment.count + record.transaction.count + record.route.count + record.pool.count + record.server.count
        let failure = record.cause.count + record.errorText.count + record.via.count
        return 1024 + LineWriter.escapedBound(who + certificate + what + way + failure)
    }

    /// For summer time, which comes while the process runs. Of effect on httplog alone.
    package mutating func setLocalOffset(seconds: Int64) {
        if format == .httplog { clock.offsetSeconds = seconds }
    }
}
