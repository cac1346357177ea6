import Model
import Settings

/// Do connections to this server stand? See `Reach`.
extension Pool {
    mutating func connected(_ id: ServerID, now: MonotonicTime, actions: inout [PoolAction]) {
        guard let place = place(of: id) else { return }
        changeReach(place, now: now, actions: &actions) { if $0 == .tried { $0 = .open } }
    }

    /// What the end of a request tells.
    mutating func learn(_ place: Int, _ verdict: Verdict, isTrial: Bool, now: MonotonicTime) {
        var reach = servers[place].reach
        reach.learn(verdict, isTrial: isTrial, now: now)
        setReach(reach, place)
    }

    mutating func changeReach(_ place: Int, now: MonotonicTime, actions: inout [PoolAction], _ change: (inout Reach) -> Void) {
        var reach = servers[place].reach
        change(&reach)
        if reach == servers[place].reach { return }
        let wasOpen = servers[place].reach == .open
        setReach(reach, place)
        serve(place, wasOpen: wasOpen, now: now, actions: &actions)
    }

    /// Where connections begin or cease to stand, those who wait look for a tier anew: it may be the last of theirs.
    mutating func serve(_ place: Int, wasOpen: Bool, now: MonotonicTime, actions: inout [PoolAction]) {
        if servers[place].isUsable, wasOpen != (servers[place].reach == .open) {
            serveAll(now: now, actions: &actions)
        } else {
            serve(place, now: now, actions: &actions)
        }
    }

    /// And ranks the server anew.
    mutating func setReach(_ reach: Reach, _ place: Int) {
        if reach != servers[place].reach {
            let wasOpen = servers[place].reach == .open
            servers[place].reach = reach
            if servers[place].isUsable, wasOpen != (reach == .open) { open[servers[place].tier] += wasOpen ? -1 : 1 }
            settle(place)
        }
        rank(place)
    }

    /// Whether `tick` has to look at it.
    func isRestless(_ place: Int) -> Bool {
        servers[place].outlier.ejectedUntil != nil || servers[place].warmingSince != nil || servers[place].reach.isPaused
    }

    mutating func settle(_ place: Int) {
        let isKnown = restless.contains(place)
        if isRestless(place) == isKnown { return }
        if isKnown { restless.removeAll { $0 == place } } else { restless.append(place) }
    }
}
