import Balancing
import Model
import Telemetry

/// The columns of a pool's servers: the same widths in every pool.
enum StatsPageServers {
    typealias Parts = StatsPageParts
    typealias Column = PageColumn<ServerReport>

    /// - Parameter canBeChosen: with a box to tick, for the pool's form
    static func columns(now: Int64, canBeChosen: Bool) -> [Column] {
        [
            Column("name", "Server", order: { .text($0.state.name) }, cell: { name($0, canBeChosen) }),
            Column("state", "State", order: { .text(ServerStatus($0.state).text) }, cell: { "\(badge($0.state))\(history($0))" }),
            Column("check", "Last check", order: { .text(check($0)) }, cell: { "\(check($0))" }),
            Column(
                "weight", "Weight", .number, help: "The weight in force, and the configured one where it is another",
                order: { .count($0.state.effectiveWeight) }, cell: { weight($0.state) }),
            Column(
                "slots", "Slots", .number, help: "Requests that run on the server, of maxconn; the most at one time",
                order: { .count($0.state.inUse) }, cell: slots),
            Column(
                "queued", "Queued", .number, help: "Requests that wait for this server only: their agent is bound to it",
                order: { .count($0.state.waitingForThisServer) }, cell: { "\(Parts.grouped($0.state.waitingForThisServer))" }),
            Column(
                "jrubies", "JRubies", .number, help: "Free JRuby instances, as the server reports them",
                order: { .count($0.state.load.map { Int64($0.free) }) }, cell: { jrubies($0.state) }),
            Column(
                "requests", "Requests", .number, help: "Since the start, and how many ended in the last second",
                order: { .count($0.traffic.requests) },
                cell: { "\(Parts.grouped($0.traffic.requests))\(Parts.rate($0.traffic.rate, now: now))" }),
            Column(
                "responses", "Responses", help: "By class of status; none: no response was begun",
                order: { .count($0.traffic.statuses[5] + $0.traffic.statuses[0]) }, cell: { Parts.responses($0.traffic) }),
            Column(
                "errors", "Errors", .number, help: "No connection; a broken, late or cut response. Also where another server helped out",
                order: { .count($0.traffic.failedConnects + $0.traffic.failedResponses) }, cell: { errors($0.traffic) }),
            .count("retries", "Retries", help: "Requests that were sent again") { $0.traffic.retries },
            Column(
                "mean", "Mean", .number, help: "Mean time of a request, from its first byte to the last of its response",
                order: { .count(Parts.mean($0.traffic)) }, cell: { "<span class=\"nb\">\(Parts.duration(Parts.mean($0.traffic)))</span>" }),
        ]
    }

    /// The pool's row, below its servers. Requests that no server took count there alone.
    static func totals(_ pool: PoolReport, now: Int64) -> [HTML] {
        let (traffic, servers) = (pool.traffic, pool.servers)
        let taken = servers.reduce(0) { $0 + $1.traffic.requests }
        let untaken: HTML =
            traffic.requests > taken ? Parts.small("\(Parts.grouped(traffic.requests - taken)) without a server") : ""
        let limit = servers.contains { $0.state.slotLimit == .max } ? nil : servers.reduce(0) { $0 + $1.state.slotLimit }
        let loads = servers.compactMap(\.state.load)
        let jrubies = loads.isEmpty ? "–" : "\(loads.reduce(0) { $0 + $1.free }) of \(loads.reduce(0) { $0 + $1.jrubies })"
        return [
            "Total\(untaken)", "\(servers.count(where: \.state.isUsable)) of \(servers.count) usable", "",
            "\(servers.reduce(0) { $0 + ($1.state.effectiveWeight + 255) / 256 })",
            "\(Parts.grouped(pool.inUse))\(limit.map { " of \(Parts.grouped($0))" } ?? "")\(Parts.small("peak \(Parts.grouped(pool.maximumInUse))"))",
            "\(Parts.grouped(pool.queued))\(Parts.small("peak \(Parts.grouped(pool.maximumQueued))"))", "\(jrubies)",
            "\(Parts.grouped(traffic.requests))\(Parts.rate(traffic.rate, now: now))", Parts.responses(traffic),
            "\(Parts.fault(servers.reduce(0) { $0 + $1.traffic.failedConnects + $1.traffic.failedResponses }))",
            "\(Parts.grouped(traffic.retries))", "<span class=\"nb\">\(Parts.duration(Parts.mean(traffic)))</span>",
        ]
    }

    // MARK: Cells

    private static func name(_ server: ServerReport, _ canBeChosen: Bool) -> HTML {
        let state = server.state
        let backup: HTML = state.settings.backup ? " <span class=\"tag\">backup</span>" : ""
        let address = server.resolved.map { $0 == server.address ? $0 : "\(server.address) (\($0))" } ?? server.address
        let name: HTML =
            canBeChosen
            ? "<label><input type=\"checkbox\" name=\"s\" value=\"\(state.name)\"> \(state.name)</label>" : "\(state.name)"
        return "\(name)\(backup)\(Parts.small("\(address)"))"
    }

    /// HAProxy's status, with what slow start allows.
    private static func badge(_ state: ServerState) -> HTML {
        let slowStart = state.slowStartSince == nil ? "" : ", slow start \(state.slowStartPercent)%"
        return Parts.badge(colour(state), ServerStatus(state).text + slowStart)
    }

    /// Since when; opened it lists what changed before.
    private static func history(_ server: ServerReport) -> HTML {
        let since = Parts.span(server.sinceChange)
        guard !server.history.isEmpty else { return Parts.small("for \(since)") }
        var changes: HTML = ""
        for change in server.history { changes += "<li>\(Parts.moment(change.time)) \(change.text)</li>" }
        let downs: HTML =
            server.timesDown == 0 ? "" : "<li>Down \(Parts.plural(server.timesDown, "time")), \(Parts.span(server.secondsDown)) in all</li>"
        return "<details><summary>for \(since)</summary><ul>\(downs)\(changes)</ul></details>"
    }

    /// Green takes requests, yellow fewer of them or soon none, red none, grey as an operator wants it.
    static func colour(_ state: ServerState) -> Parts.Colour {
        if state.admin == .maint { return .off }
        guard state.health.isResolved, state.isUp else { return .bad }
        if state.outlier.ejectedUntil != nil { return .bad }
        if state.admin == .drain || state.effectiveWeight == 0 { return .off }
        let progress = state.health.progress
        let isFailing = state.health.check != nil && progress.current < progress.of
        return isFailing || state.slowStartSince != nil ? .warning : .good
    }

    static func check(_ server: ServerReport) -> String {
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

    private static func weight(_ state: ServerState) -> HTML {
        let inForce = (state.effectiveWeight + 255) / 256
        return inForce == state.settings.weight ? "\(inForce)" : "\(inForce)\(Parts.small("of \(state.settings.weight)"))"
    }

    private static func slots(_ server: ServerReport) -> HTML {
        let state = server.state
        let peak = Parts.small("peak \(Parts.grouped(server.maximumInUse))")
        guard state.slotLimit < .max else { return "\(Parts.grouped(state.inUse))\(peak)" }
        let limit = state.slotLimit
        let meter: HTML = "<meter min=\"0\" max=\"\(limit)\" value=\"\(min(state.inUse, limit))\"></meter>"
        return "<span class=\"nb\">\(meter) \(Parts.grouped(state.inUse)) of \(Parts.grouped(limit))</span>\(peak)"
    }

    private static func jrubies(_ state: ServerState) -> HTML {
        guard let load = state.load else { return "–" }
        return "\(load.free) of \(load.jrubies)\(load.waiting > 0 ? Parts.small("\(load.waiting) waiting") : "")"
    }

    private static func errors(_ traffic: TrafficCounters) -> HTML {
        let (connects, responses) = (traffic.failedConnects, traffic.failedResponses)
        guard connects + responses > 0 else { return "0" }
        let connect: HTML = connects > 0 ? Parts.small("connect \(Parts.grouped(connects))") : ""
        let response: HTML = responses > 0 ? Parts.small("response \(Parts.grouped(responses))") : ""
        return "\(Parts.fault(connects + responses))\(connect)\(response)"
    }
}
