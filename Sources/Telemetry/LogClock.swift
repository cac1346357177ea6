import Model

/// Seconds since 1970 as the date and time of a log line. Keeps the last second's text, since most lines of a moment share it.
/// Gregorian, without leap seconds, 1970 to 2262.
struct LogClock: Sendable {
    enum Style: Sendable {
        /// `2026-11-22T10:29:37.` (RFC 3339, UTC)
        case rfc3339
        /// `22/Nov/2026:10:29:37.` (HAProxy, local time)
        case haproxy
        /// `Nov 22 10:29:37` (RFC 3164, local time), whole seconds
        case syslog
    }

    let style: Style
    /// East of UTC.
    var offsetSeconds: Int64
    private var cachedSecond = Int64.min
    private var text: [UInt8] = []

    init(style: Style, offsetSeconds: Int64 = 0) {
        self.style = style
        self.offsetSeconds = offsetSeconds
    }

    /// Appends date and time, with three digits of the second's fraction where the style has one. `nanoseconds` since 1970, UTC.
    mutating func append(_ nanoseconds: Int64, to line: inout LineWriter) {
        let bounded = max(0, nanoseconds)
        let second = bounded / 1_000_000_000 + offsetSeconds
        if second != cachedSecond {
            cachedSecond = second
            render(second)
        }
        line.append(text.span)
        if style == .syslog { return }
        line.append(UInt64(bounded / 1_000_000 % 1000), digits: 3)
    }

    private mutating func render(_ second: Int64) {
        let day = second >= 0 ? second / 86400 : (second - 86399) / 86400
        let date = CalendarDate(daysSince1970: day)
        let time = second - day * 86400
        var line: [UInt8] = []
        line.reserveCapacity(24)
        switch style {
        case .rfc3339:
            append(date.year, digits: 4, to: &line)
            line.append(UInt8(ascii: "-"))
            append(date.month, digits: 2, to: &line)
            line.append(UInt8(ascii: "-"))
            append(date.day, digits: 2, to: &line)
            line.append(UInt8(ascii: "T"))
        case .haproxy:
            append(date.day, digits: 2, to: &line)
            line.append(UInt8(ascii: "/"))
            line += Self.monthName(date.month)
            line.append(UInt8(ascii: "/"))
            append(date.year, digits: 4, to: &line)
            line.append(UInt8(ascii: ":"))
        case .syslog:
            line += Self.monthName(date.month)
            line += date.day < 10 ? "  ".utf8 : " ".utf8
            append(date.day, digits: date.day < 10 ? 1 : 2, to: &line)
            line.append(UInt8(ascii: " "))
        }
        for (unit, end) in [(time / 3600, ":"), (time / 60 % 60, ":"), (time % 60, style == .syslog ? "" : ".")] {
            append(unit, digits: 2, to: &line)
            line += end.utf8
        }
        text = line
    }

    private static func monthName(_ month: Int64) -> Substring.UTF8View {
        let names: Substring = "JanFebMarAprMayJunJulAugSepOctNovDec"
        return names.dropFirst(Int(month - 1) * 3).prefix(3).utf8
    }

    private func append(_ value: Int64, digits: Int, to output: inout [UInt8]) {
        var divisor: Int64 = digits == 4 ? 1000 : digits == 2 ? 10 : 1
        while divisor > 0 {
            output.append(0x30 &+ UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}
