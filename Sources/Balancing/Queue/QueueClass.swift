/// In which of a pool's lines a request waits, so that short requests do not starve behind compiles, nor the reverse.
/// First come first served holds within a class; between classes that wait, slots are shared by time (`ClassShares`).
package enum QueueClass: UInt8, Sendable, CaseIterable {
    /// The CA's, status, metrics: few, short, and much hangs on them.
    case authority
    /// Files, reports, facts and what else takes milliseconds.
    case quick
    /// Catalogs: seconds each.
    case compile

    var index: Int { Int(rawValue) }
}
