/// Counts what a peer does against the budgets of `HTTP2Limits`. Times are nanoseconds, as the caller gives them.
struct AbuseMeter {
    /// A generic cell rate: one number says how far the budget is used up.
    private struct Cell {
        /// When the budget would be whole again.
        private var wholeAt: Int64 = 0

        mutating func take(_ budget: HTTP2Limits.Budget, now: Int64) -> Bool {
            let cost = 1_000_000_000 / max(budget.perSecond, 1)
            wholeAt = max(wholeAt, now) &+ cost
            return wholeAt &- now <= cost &* budget.burst
        }

        mutating func give(_ count: Int64, _ budget: HTTP2Limits.Budget) {
            wholeAt &-= count &* (1_000_000_000 / max(budget.perSecond, 1))
        }
    }

    private var settings = Cell()
    private var pings = Cell()
    private var priorities = Cell()
    private var emptyData = Cell()
    private var windowUpdates = Cell()
    private var otherFrames = Cell()
    private var resets = Cell()
    private var provokedResets = Cell()
    /// Content sent that has not paid for a WINDOW_UPDATE yet.
    private var sentBytes: Int64 = 0

    /// One more of `kind`. False where that is too many.
    mutating func allows(_ kind: HTTP2Abuse, _ limits: borrowing HTTP2Limits, now: Int64) -> Bool {
        switch kind {
        case .settingsFlood: settings.take(limits.settings, now: now)
        case .pingFlood: pings.take(limits.pings, now: now)
        case .priorityFlood: priorities.take(limits.priorities, now: now)
        case .emptyData: emptyData.take(limits.emptyData, now: now)
        case .windowUpdates: windowUpdates.take(limits.windowUpdates, now: now)
        case .otherFrames: otherFrames.take(limits.otherFrames, now: now)
        case .rapidReset: resets.take(limits.resets, now: now)
        case .provokedResets: provokedResets.take(limits.provokedResets, now: now)
        case .continuations, .headerBomb, .outboundQueue: true
        }
    }

    /// Content was sent, for which the peer opens windows again.
    mutating func sent(_ byteCount: Int, _ limits: borrowing HTTP2Limits) {
        sentBytes &+= Int64(byteCount)
        guard sentBytes >= 1024 else { return }
        windowUpdates.give(sentBytes / 1024, limits.windowUpdates)
        sentBytes %= 1024
    }
}
