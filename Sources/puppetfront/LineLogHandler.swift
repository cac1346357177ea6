import Glibc
import Logging
import Synchronization

/// The level of `logs.level`, which a reload may change while everything logs.
final class LogLevel: Sendable {
    private let value = Atomic<Int>(LogLevel.number(.info))

    /// A level by its name in the configuration; an unknown name changes nothing.
    func set(_ name: String) {
        if let level = Logger.Level(rawValue: name) { value.store(LogLevel.number(level), ordering: .relaxed) }
    }

    var current: Logger.Level { Logger.Level.allCases[value.load(ordering: .relaxed)] }

    private static func number(_ level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}

/// One line a message: `2024-06-11T09:30:00Z warning server is down server=p1`. All go to standard error: standard output is the access log's, whose lines they must not break.
struct LineLogHandler: LogHandler {
    let level: LogLevel
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level {
        get { level.current }
        // One level for the process, that of the configuration.
        set {}
    }

    init(level: LogLevel) { self.level = level }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = "\(event.level.rawValue) \(event.message)"
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(value)" }
        let safe = line.unicodeScalars.contains { $0.value < 0x20 } ? line.map { $0.isNewline ? " " : String($0) }.joined() : line
        MessageOutput.write(safe, time: LineLogHandler.time())
    }

    /// RFC 3339, in UTC, whole seconds.
    private static func time() -> String {
        var now = Glibc.time(nil)
        var parts = tm()
        guard gmtime_r(&now, &parts) != nil else { return "-" }
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
