import Model
import Settings

/// Is this instance worth coming to: what shall its routers announce now? A value; the time is an argument.
///
/// | operator | listeners, kill file, drain | servers | then |
/// |---|---|---|---|
/// | off | any | any | withdrawn, at once |
/// | on, auto | closed, there, draining | any | withdrawn, at once |
/// | on | open | any | announced, at once |
/// | auto | open | enough | announced, after `rise` looks and the hold-down |
/// | auto | open | too few | unfit or withdrawn (`unfit`), after `fall` looks |
///
/// The hold-down begins when the route leaves `announced`. Each time that the route leaves soon after it came back, the next hold-down is
/// twice as long, at most 16 times as configured: a server that flaps does not flap the route.
package struct FitnessJudge: Sendable {
    package struct Inputs: Sendable {
        /// Usable servers of each pool that counts; instances are no servers.
        package var usable: [(pool: String, count: Int)] = []
        package var listenersOpen = true
        package var isDraining = false
        package var hasKillFile = false
        package var override = AnycastOverride.auto
        package init() {}
    }

    package private(set) var state = AnycastState.withdrawn
    /// One sentence: why the state is as it is.
    package private(set) var reason = "not judged yet"
    /// Changes of `state` so far.
    package private(set) var changes: UInt64 = 0

    /// Since when the inputs ask for another state than the one in force.
    private var turning: (to: AnycastState, since: MonotonicTime)?
    private var heldUntil: MonotonicTime?
    private var announcedSince: MonotonicTime?
    private var factor = 1
    private static let mostFactor = 16

    private var decidesAtOnce = false

    /// - Parameter heldUntil: the hold-down of the instance before this one; nil: none
    package init(heldUntil: MonotonicTime? = nil) { self.heldUntil = heldUntil }

    /// For an instance that takes over one that announces: the first judgement holds, without `rise`, so that nothing is withdrawn. A
    /// hold-down holds too.
    package mutating func decideAtOnce() { decidesAtOnce = true }

    /// To be called each second, and at each change.
    package mutating func judge(_ inputs: Inputs, _ settings: AnycastSettings, now: MonotonicTime) -> AnycastState {
        let (wanted, why, isAtOnce) = Self.wanted(inputs, settings)
        guard wanted != state else {
            (turning, reason) = (nil, why)
            return state
        }
        if turning?.to != wanted { turning = (wanted, now) }
        let isFirst = decidesAtOnce && (wanted != .announced || heldUntil.map { now >= $0 } ?? true)
        decidesAtOnce = false
        if isAtOnce || isFirst || isDue(wanted, settings, now) {
            change(to: wanted, settings, now)
            reason = why
        } else if wanted == .announced, let heldUntil, now < heldUntil {
            reason = "held down for \((heldUntil - now).components.seconds + 1)s more"
        }
        return state
    }

    /// The time of the hold-down that is left; nil: none.
    package func heldDown(now: MonotonicTime) -> Duration? {
        guard let heldUntil, now < heldUntil, state != .announced else { return nil }
        return heldUntil - now
    }

    private static func wanted(_ inputs: Inputs, _ settings: AnycastSettings) -> (AnycastState, String, isAtOnce: Bool) {
        if inputs.isDraining { return (.withdrawn, "draining", true) }
        if inputs.override == .off { return (.withdrawn, "set off by an operator", true) }
        if inputs.hasKillFile { return (.withdrawn, "the kill file exists", true) }
        if !inputs.listenersOpen { return (.withdrawn, "a listener is not open", true) }
        if inputs.override == .on { return (.announced, "set on by an operator", true) }
        let short = inputs.usable.filter { $0.count < settings.minServers }
        guard !short.isEmpty else { return (.announced, "enough usable servers", false) }
        let words = short.map { "\($0.pool) has \($0.count) of \(settings.minServers)" }.joined(separator: ", ")
        return (settings.unfit == .metric ? .unfit : .withdrawn, "too few usable servers: \(words)", false)
    }

    private func isDue(_ wanted: AnycastState, _ settings: AnycastSettings, _ now: MonotonicTime) -> Bool {
        guard let turning else { return false }
        // From withdrawn to unfit: the last resort comes as fast as it can.
        if wanted != .announced, state != .announced { return true }
        let looks = wanted == .announced ? settings.rise : settings.fall
        guard now - turning.since >= .seconds(looks - 1) else { return false }
        return wanted != .announced || heldUntil.map { now >= $0 } ?? true
    }

    private mutating func change(to wanted: AnycastState, _ settings: AnycastSettings, _ now: MonotonicTime) {
        if state == .announced {
            let stayed = announcedSince.map { now - $0 } ?? .zero
            factor = changes > 1 && stayed < settings.holdDown * 4 ? min(factor * 2, Self.mostFactor) : 1
            heldUntil = now + settings.holdDown * factor
        }
        announcedSince = wanted == .announced ? now : nil
        state = wanted
        turning = nil
        changes += 1
    }
}
