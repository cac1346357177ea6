import Model

/// Seconds since 1970 in words, in UTC.
package enum Timestamps {
    /// RFC 3339, such as `2026-11-22T14:29:21Z`.
    package static func text(_ seconds: Int64) -> String {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let time = seconds - days * 86_400
        let date = CalendarDate(daysSince1970: days)
        return "\(date.year)-\(two(date.month))-\(two(date.day))T\(clock(time))Z"
    }

    /// Nanoseconds since 1970 as HAProxy's detailed lines have it, in UTC: `22/Nov/2026:14:29:21.767569`.
    static func logDate(_ nanoseconds: Int64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        let day = seconds / 86_400
        let time = seconds % 86_400
        let date = CalendarDate(daysSince1970: day)
        let digits = "\(1_000_000 + nanoseconds / 1000 % 1_000_000)".dropFirst()
        return "\(two(date.day))/\(months[Int(date.month) - 1])/\(date.year):\(clock(time)).\(digits)"
    }

    /// As OpenSSL prints them: `Nov 22 16:38:12 2026 GMT`.
    static func certificateDate(_ seconds: Int64) -> String {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let time = seconds - days * 86_400
        let date = CalendarDate(daysSince1970: days)
        let padding = date.day < 10 ? " " : ""
        return "\(months[Int(date.month) - 1]) \(padding)\(date.day) \(clock(time)) \(date.year) GMT"
    }

    /// As a Date field has it (RFC 9110 section 5.6.7), such as `Sun, 22 Nov 2026 14:29:21 GMT`; from 1970 on.
    package static func field(_ seconds: Int64) -> String {
        let days = max(0, seconds) / 86_400
        let time = max(0, seconds) - days * 86_400
        let date = CalendarDate(daysSince1970: days)
        // 1970 began on a Thursday.
        return "\(weekdays[Int((days + 4) % 7)]), \(two(date.day)) \(months[Int(date.month) - 1]) \(date.year) \(clock(time)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Seconds of a day as `14:29:21`.
    private static func clock(_ time: Int64) -> String { "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))" }

    private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
