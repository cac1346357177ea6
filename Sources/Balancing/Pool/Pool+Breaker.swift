import Model
import Settings

/// Can connections to this server be made? See `CircuitBreaker`.
extension Pool {
    mutating func connected(_ id: ServerID, now: MonotonicTime, actions: inout [PoolAction]) {
        guard let place = place(of: id) else { return }
        changeBreaker(place, now: now, actions: &actions) { if $0 == .probing { $0 = .closed } }
    }

    /// A request on this server has ended.
    mutating func recordConnection(_ place: Int, _ verdict: Verdict, isTrial: Bool, now: MonotonicTime) {
        var breaker = servers[place].breaker
        breaker.record(verdict, isTrial: isTrial, now: now)
        setBreaker(breaker, place)
    }

    mutating func changeBreaker(_ place: Int, now: MonotonicTime, actions: inout [PoolAction], _ change: (inout CircuitBreaker) -> Void) {
        var breaker = servers[place].breaker
        change(&breaker)
        if breaker == servers[place].breaker { return }
        let wasClosed = servers[place].breaker == .closed
        setBreaker(breaker, place)
        serve(place, wasClosed: wasClosed, now: now, actions: &actions)
    }

    /// Where a circuit breaker closes or opens, each line is assigned a tier again: this server may be the last of its tier.
    mutating func serve(_ place: Int, wasClosed: Bool, now: MonotonicTime, actions: inout [PoolAction]) {
        if servers[place].isUsable, wasClosed != (servers[place].breaker == .closed) {
            serveAll(now: now, actions: &actions)
        } else {
            serve(place, now: now, actions: &actions)
        }
    }

    /// And ranks the server again.
    mutating func setBreaker(_ breaker: CircuitBreaker, _ place: Int) {
        if breaker != servers[place].breaker {
            let wasClosed = servers[place].breaker == .closed
            servers[place].breaker = breaker
            if servers[place].isUsable, wasClosed != (breaker == .closed) { reachableCount[servers[place].tier] += wasClosed ? -1 : 1 }
            updateNeedsTick(place)
        }
        rank(place)
    }

    /// Whether `tick` has to look at it.
    func dependsOnTime(_ place: Int) -> Bool {
        servers[place].outlier.ejectedUntil != nil || servers[place].slowStartSince != nil || servers[place].breaker.isOpen
    }

    mutating func updateNeedsTick(_ place: Int) {
        let isKnown = needsTick.contains(place)
        if dependsOnTime(place) == isKnown { return }
        if isKnown { needsTick.removeAll { $0 == place } } else { needsTick.append(place) }
    }
}
