import Model
import Telemetry

/// What an operator should look at first, the worst on top; one line each, with a link to where it is shown.
enum StatsPageAttention {
    typealias Parts = StatsPageParts

    private struct Item {
        let colour: Parts.Colour
        let text: HTML
        let address: String
    }

    static func content(_ report: ServiceReport, _ sessions: SessionList?, _ view: PageView) -> HTML {
        let items = process(report) + pools(report, sessions, view) + agents(report, view) + certificates(report)
        let sorted = items.filter { $0.colour == .bad } + items.filter { $0.colour == .warning } + items.filter { $0.colour == .off }
        guard !sorted.isEmpty else { return "<p class=\"calm\">\(Parts.badge(.good, "all is well")) Nothing needs attention.</p>" }
        var list: HTML = ""
        for item in sorted {
            let name = item.colour == .bad ? "problem" : item.colour == .warning ? "warning" : "note"
            list += "<li>\(Parts.badge(item.colour, name)) <a class=\"view\" href=\"\(item.address)\">\(item.text)</a></li>\n"
        }
        return "<ul class=\"attention\" aria-label=\"What needs attention\">\(list)</ul>"
    }

    private static func process(_ report: ServiceReport) -> [Item] {
        let (process, readiness) = (report.process, report.process.readiness)
        var items: [Item] = []
        if readiness.isDraining {
            items.append(Item(colour: .warning, text: "This process drains: it accepts no new connections.", address: "#process"))
        } else if !readiness.defaultPoolIsUsable {
            items.append(Item(colour: .bad, text: "Not ready: the default pool has no usable server.", address: "#pools"))
        }
        if let fault = readiness.tlsFault { items.append(Item(colour: .bad, text: "Not ready: \(fault).", address: "#certificates")) }
        for line in process.heldBackFiles { items.append(Item(colour: .warning, text: "Not in force: \(line).", address: "#certificates")) }
        if readiness.caIsUsable == false { items.append(Item(colour: .bad, text: "The CA has no usable server.", address: "#pools")) }
        if process.logLinesDropped > 0 {
            let lines = Parts.plural(process.logLinesDropped, "line")
            items.append(Item(colour: .warning, text: "The access log lost \(lines).", address: "#process"))
        }
        for listener in report.listeners where !listener.isOpen && !readiness.isDraining {
            items.append(Item(colour: .off, text: "Listener \(listener.name) is not open.", address: "#listeners"))
        }
        return items
    }

    private static func pools(_ report: ServiceReport, _ sessions: SessionList?, _ view: PageView) -> [Item] {
        report.pools.flatMap { pool -> [Item] in
            var items: [Item] = []
            if pool.isPanicking {
                items.append(
                    Item(
                        colour: .bad, text: "Pool \(pool.name): all servers fail their checks and are used all the same.", address: "#pools"
                    ))
            } else if !pool.isUsable {
                items.append(Item(colour: .bad, text: "Pool \(pool.name) is down for \(Parts.span(pool.sinceChange)).", address: "#pools"))
            }
            let colours = pool.servers.map { (name: $0.state.name, colour: StatsPageServers.colour($0.state)) }
            for (colour, what) in [(Parts.Colour.bad, "down"), (.off, "taken out")] {
                let names = colours.filter { $0.colour == colour }.map(\.name)
                guard !names.isEmpty, pool.isUsable || colour == .off else { continue }
                items.append(
                    Item(colour: colour == .bad ? .warning : .off, text: "\(pool.name): \(list(names)) \(what).", address: "#pools"))
            }
            let oldest = sessions?.sessions.filter { $0.state == .queued && $0.pool == pool.name }.map(\.requestMilliseconds).max()
            if pool.queued > 0 {
                let age = oldest.map { ", the oldest for \(Parts.duration($0))" } ?? ""
                let text: HTML = "\(pool.name): \(Parts.plural(pool.queued, "request")) queued\(age)."
                items.append(Item(colour: .warning, text: text, address: view.href("requests") { $0.pool = pool.name }))
            }
            return items + errors(pool, view)
        }
    }

    /// In the last ten minutes.
    private static func errors(_ pool: PoolReport, _ view: PageView) -> [Item] {
        let recent = pool.history.filter { $0.minute > (pool.history.last?.minute ?? 0) - 10 }
        let errors = recent.reduce(0) { $0 + $1.errors }
        guard errors > 0 else { return [] }
        let requests = recent.reduce(0) { $0 + $1.requests }
        let text: HTML = "\(pool.name): \(Parts.grouped(errors)) of \(Parts.plural(requests, "request")) failed in the last ten minutes."
        return [Item(colour: .warning, text: text, address: view.href("failures") { $0.pool = pool.name })]
    }

    private static func agents(_ report: ServiceReport, _ view: PageView) -> [Item] {
        let failed = report.certnames.filter(StatsPageRuns.hasFailed)
        guard !failed.isEmpty else { return [] }
        let text: HTML = "\(Parts.plural(failed.count, "agent")) failed in the last run: \(list(failed.map(\.certname)))."
        return [Item(colour: .warning, text: text, address: view.href("runs") { $0.failedOnly = true })]
    }

    private static func certificates(_ report: ServiceReport) -> [Item] {
        report.certificates.sorted { $0.ends < $1.ends }.compactMap { certificate in
            let colour = StatsPageCertificates.colour(certificate, now: report.process.now)
            guard colour != .good else { return nil }
            let left = certificate.ends - report.process.now
            let end = left <= 0 ? "expired \(Parts.span(-left)) ago" : "ends in \(Parts.remaining(left))"
            let what = "\(StatsPageCertificates.kind(certificate)) \(StatsPageCertificates.name(certificate))"
            return Item(colour: colour, text: "\(what.prefix(1).uppercased() + what.dropFirst()) \(end).", address: "#certificates")
        }
    }

    /// `a, b, c and 4 more`.
    private static func list(_ names: [String]) -> String {
        let rest = names.count - 5
        return names.prefix(5).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }
}
