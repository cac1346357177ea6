/// Seconds since 1970 in words, in UTC.
package enum Timestamps {
    /// RFC 3339, such as `2026-11-22T14:29:21Z`.
    package static func text(_ seconds: Int64) -> String {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let time = seconds - days * 86_400
        let (year, month, day) = date(days)
        return "\(year)-\(two(month))-\(two(day))T\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))Z"
    }

    /// Nanoseconds since 1970 as HAProxy's detailed lines have it, in UTC: `22/Nov/2026:14:29:21.767569`.
    static func logDate(_ nanoseconds: Int64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        let day = seconds / 86_400
        let time = seconds % 86_400
        let (year, month, dayOfMonth) = date(day)
        let digits = "\(1_000_000 + nanoseconds / 1000 % 1_000_000)".dropFirst()
        return "\(two(dayOfMonth))/\(months[Int(month) - 1])/\(year):\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)).\(digits)"
    }

    /// As OpenSSL prints them: `Nov 22 16:38:12 2026 GMT`.
    static func certificateDate(_ seconds: Int64) -> String {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let time = seconds - days * 86_400
        let (year, month, day) = date(days)
        let padding = day < 10 ? " " : ""
        return "\(months[Int(month) - 1]) \(padding)\(day) \(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) \(year) GMT"
    }

    /// As a Date field has it (RFC 9110 section 5.6.7), such as `Sun, 22 Nov 2026 14:29:21 GMT`; from 1970 on.
    package static func field(_ seconds: Int64) -> String {
        let days = max(0, seconds) / 86_400
        let time = max(0, seconds) - days * 86_400
        let (year, month, day) = date(days)
        let clock = "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))"
        // 1970 began on a Thursday.
        return "\(weekdays[Int((days + 4) % 7)]), \(two(day)) \(months[Int(month) - 1]) \(year) \(clock) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// Howard Hinnant's `civil_from_days`.
    private static func date(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1)
    }
}
