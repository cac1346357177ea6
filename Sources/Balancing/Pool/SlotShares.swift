import Settings

/// How many slots do clients without a verified certificate hold together, and each holder alone, and may they take another?
///
/// Both are counted in the whole pool, and compared with a share of the slots that fresh requests may get. Without limit where one of those
/// servers has none: then no request is queued for it. Memory is bounded by the slots in use.
struct SlotShares: Sendable {
    private var held: [SlotHolder: Int] = [:]
    private(set) var unverifiedInUse = 0
    private(set) var unverifiedLimit = Int.max
    private(set) var holderLimit = Int.max

    /// - Parameter slots: nil: without limit
    /// - Returns: whether a limit has changed
    mutating func setLimits(_ shares: ShareSettings, slots: Int?) -> Bool {
        let before = (unverifiedLimit, holderLimit)
        unverifiedLimit = Self.limit(shares.unverified, slots)
        holderLimit = Self.limit(shares.holder, slots)
        return before != (unverifiedLimit, holderLimit)
    }

    private static func limit(_ percent: Int, _ slots: Int?) -> Int {
        guard percent < 100, let slots else { return .max }
        return max(1, slots * percent / 100)
    }

    func inUse(_ holder: SlotHolder) -> Int { held[holder] ?? 0 }

    /// It holds its own share. nil: shares do not apply.
    func isFull(_ holder: SlotHolder?) -> Bool {
        guard holderLimit < .max, let holder else { return false }
        return inUse(holder) >= holderLimit
    }

    /// All clients without a verified certificate hold theirs.
    var isUnverifiedFull: Bool { unverifiedInUse >= unverifiedLimit }

    mutating func take(_ holder: SlotHolder?) {
        guard let holder else { return }
        held[holder, default: 0] += 1
        if !holder.isVerified { unverifiedInUse += 1 }
    }

    mutating func give(_ holder: SlotHolder?) {
        guard let holder, let place = held.index(forKey: holder) else { return }
        if held.values[place] > 1 { held.values[place] -= 1 } else { held.remove(at: place) }
        if !holder.isVerified { unverifiedInUse -= 1 }
    }
}
