/// In which of a pool's lines a request is queued, so that compilations do not starve short requests, nor the reverse.
/// First come, first served holds within a class; between queued classes, slots are shared by time (`ClassShares`).
package enum QueueClass: UInt8, Sendable, CaseIterable {
    /// The CA's, status, metrics: few, short, and much depends on them.
    case authority
    /// Files, reports, facts and what else takes milliseconds.
    case quick
    /// Catalogs: seconds each.
    case compile

    var index: Int { Int(rawValue) }
}
