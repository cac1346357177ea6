/// Who is logged in on the page, and what the forms that were given out must bring back. In memory alone: a restart logs everybody out.
///
/// Keys are session numbers for browsers that logged in, and names for clients that authenticate each request.
struct AdminSessions: Sendable {
    private struct Entry {
        let formToken: String
        /// Seconds of the monotonic clock.
        let ends: Int64
    }

    private var entries: [String: Entry] = [:]
    /// Seconds.
    static let life: Int64 = 12 * 3600
    private static let bound = 256

    /// nil: there is none, or no more.
    func formToken(_ key: String, now: Int64) -> String? {
        guard let entry = entries[key], entry.ends > now else { return nil }
        return entry.formToken
    }

    /// Starts it again. Where there are too many, the one that expires first is evicted.
    mutating func begin(_ key: String, now: Int64, random: () -> String) -> String {
        entries = entries.filter { $0.value.ends > now }
        if entries.count >= Self.bound, let oldest = entries.min(by: { $0.value.ends < $1.value.ends }) { entries[oldest.key] = nil }
        let entry = Entry(formToken: random(), ends: now + Self.life)
        entries[key] = entry
        return entry.formToken
    }

    mutating func end(_ key: String) { entries[key] = nil }
}
