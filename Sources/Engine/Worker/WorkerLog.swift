import AccessLogging
import Network
import Settings
import Telemetry

/// A worker's access-log lines of this turn of the loop, until they go to the log's thread.
struct WorkerLog {
    private let writer: AccessLogWriter
    private var formatter: AccessLogFormatter
    private var isOn = true
    private var lines: [UInt8] = []
    private var lineCount = 0
    /// When the local time's offset was looked up last.
    private var offsetKnownAt: Int64 = 0
    private static let offsetIsKnownFor: Int64 = 60_000_000_000

    init(_ writer: AccessLogWriter, _ settings: LogSettings) {
        self.writer = writer
        formatter = AccessLogFormatter(format: settings.accessFormat, localOffsetSeconds: WallClock.localOffsetSeconds())
        isOn = settings.accessTo != .none
    }

    mutating func adopt(_ settings: LogSettings) {
        formatter = AccessLogFormatter(format: settings.accessFormat, localOffsetSeconds: WallClock.localOffsetSeconds())
        isOn = settings.accessTo != .none
    }

    mutating func write(_ record: borrowing AccessRecord) {
        guard isOn else { return }
        formatter.append(record, to: &lines)
        lineCount += 1
    }

    /// At the end of a turn.
    mutating func handOver(now: Int64) {
        guard lineCount > 0 else { return }
        if now - offsetKnownAt > Self.offsetIsKnownFor {
            formatter.setLocalOffset(seconds: WallClock.localOffsetSeconds())
            offsetKnownAt = now
        }
        writer.submit(&lines, count: lineCount)
        lineCount = 0
    }
}
