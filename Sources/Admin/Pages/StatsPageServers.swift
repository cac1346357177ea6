import Balancing
import Model

/// One row for each server.
enum StatsPageServers {
    typealias Parts = StatsPageParts

    static let headings =
        ["Server", "State", "Since", "Last check", "#Weight", "Slots used", "#Most", "#Waiting", "JRubies free"]
        + ["#Requests", "#A second", "#Not connected", "#Broken", "#Retries"]
        + Parts.statusHeadings + ["#Mean", "#Downs", "Down for", "Address"]

    /// - Parameter canBeChosen: with a box to tick, for the pool's form
    static func row(_ server: ServerReport, pool: String, now: Int64, canBeChosen: Bool) -> HTML {
        let state = server.state
        let traffic = server.traffic
        return """
            <tr data-key="\(pool)/\(state.name)"><th scope="row">\(name(state, canBeChosen))</th>
            \(Parts.cell(badge(state)))\(Parts.cell(history(server)))
            <td class="words">\(check(server))</td>
            \(Parts.number(weight(state)))\(Parts.cell(slots(state)))\(Parts.number(server.maximumInUse))\(Parts.number(state.waitingForThisServer))
            \(Parts.cell(jrubies(state)))\(Parts.number(traffic.requests))\(Parts.number(Parts.rate(traffic.rate, now: now)))\(Parts.fault(traffic.failedConnects))
            \(Parts.fault(traffic.failedAnswers))\(Parts.number(traffic.retries))
            \(Parts.statuses(traffic))\(Parts.number(Parts.mean(traffic)))\(Parts.number(server.timesDown))\(Parts.cell(Parts.span(server.secondsDown)))
            \(Parts.cell(server.resolved.map { $0 == server.address ? $0 : "\(server.address) (\($0))" } ?? server.address))</tr>
            """
    }

    private static func name(_ state: ServerState, _ canBeChosen: Bool) -> HTML {
        let words = state.name + (state.settings.backup ? " (backup)" : "")
        return canBeChosen ? "<label><input type=\"checkbox\" name=\"s\" value=\"\(state.name)\"> \(words)</label>" : "\(words)"
    }

    /// Since when it is up or down; opened it tells what has changed before.
    private static func history(_ server: ServerReport) -> HTML {
        let since = Parts.span(server.sinceChange)
        guard !server.history.isEmpty else { return "\(since)" }
        var changes: HTML = ""
        for change in server.history { changes += "<li>\(Parts.moment(change.time)) \(change.text)</li>" }
        return "<details><summary>\(since)</summary><ul>\(changes)</ul></details>"
    }

    /// HAProxy's words; green takes requests, yellow only some or soon none, red none, grey as an operator wants it.
    private static func badge(_ state: ServerState) -> HTML {
        let words = ServerStatus(state).text
        let warming = state.slowStartSince == nil ? "" : ", warming \(state.slowStartPercent)%"
        return Parts.badge(colour(state), words + warming)
    }

    static func colour(_ state: ServerState) -> Parts.Colour {
        if state.admin == .maint { return .off }
        guard state.health.isResolved, state.isUp else { return .bad }
        if state.outlier.ejectedUntil != nil { return .bad }
        if state.admin == .drain || state.effectiveWeight == 0 { return .off }
        let progress = state.health.progress
        let isFailing = state.health.check != nil && progress.current < progress.of
        return isFailing || state.slowStartSince != nil ? .warning : .good
    }

    private static func check(_ server: ServerReport) -> String {
        guard server.state.health.check != nil else { return "none" }
        guard server.state.isChecked else { return "off" }
        switch server.state.health.lastOutcome {
        case .passed(let status, let duration): return "\(status) in \(duration.inMilliseconds) ms"
        case .failed(let failure):
            let more = failure.info.isEmpty ? "" : ": \(failure.info)"
            return "\(failure.cause.text)\(failure.code.map { " \($0)" } ?? "")\(more)"
        case .unresolved: return "the name has no address"
        case .resolved: return "the name has an address again"
        case nil: return "not yet"
        }
    }

    /// The weight in force, and the configured one where it is another.
    private static func weight(_ state: ServerState) -> String {
        let inForce = (state.effectiveWeight + 255) / 256
        return inForce == state.settings.weight ? "\(inForce)" : "\(inForce) of \(state.settings.weight)"
    }

    private static func slots(_ state: ServerState) -> HTML {
        guard state.slotLimit < .max else { return "\(state.inUse)" }
        let limit = state.slotLimit
        return "\(state.inUse)/\(limit) <meter min=\"0\" max=\"\(limit)\" value=\"\(min(state.inUse, limit))\"></meter>"
    }

    private static func jrubies(_ state: ServerState) -> String {
        state.load.map { "\($0.free) of \($0.jrubies)" + ($0.waiting > 0 ? ", \($0.waiting) wait" : "") } ?? "–"
    }
}
