import Balancing
import Settings

/// Every pool with its servers, those of one site together, in the pool's order.
enum StatsPagePools {
    typealias Parts = StatsPageParts

    /// - Parameter formToken: with it each pool is a form that changes its servers
    static func content(_ report: ServiceReport, formToken: String?) -> HTML {
        var result: HTML = ""
        for pool in report.pools { result += "\(article(pool, report.process, formToken))\n" }
        return result
    }

    private static func article(_ pool: PoolReport, _ process: ProcessReport, _ formToken: String?) -> HTML {
        var groups: [(site: String, servers: [ServerReport])] = []
        for server in pool.servers {
            let site = server.state.settings.site?.value ?? process.site ?? ""
            if let index = groups.firstIndex(where: { $0.site == site }) {
                groups[index].servers.append(server)
            } else {
                groups.append((site, [server]))
            }
        }
        var body: HTML = ""
        for (site, servers) in groups {
            var rows: HTML = ""
            for server in servers { rows += StatsPageServers.row(server, pool: pool.name, now: process.now, canBeChosen: formToken != nil) }
            let columns = StatsPageServers.headings.count
            let heading: HTML =
                site.isEmpty ? "" : "<tr class=\"site\"><th colspan=\"\(columns)\" scope=\"rowgroup\">Site \(site)</th></tr>"
            body += "<tbody>\(heading)\(rows)</tbody>"
        }
        let table = Parts.table("Servers of \(pool.name)", StatsPageServers.headings, body)
        return """
            <article data-key="\(pool.name)">
            <h3>\(pool.name) \(state(pool))</h3>
            <p>\(summary(pool, now: process.now))</p>
            \(formToken.map { form(pool, table, $0) } ?? table)
            </article>
            """
    }

    /// As HAProxy's page: servers are chosen in the table, a button says what becomes of them.
    private static func form(_ pool: PoolReport, _ table: HTML, _ formToken: String) -> HTML {
        """
        <form method="post" action="/stats" class="change">
        <input type="hidden" name="b" value="\(pool.name)"><input type="hidden" name="form_token" value="\(formToken)">
        \(table)
        <p>Chosen servers: <button name="action" value="ready">Ready</button> <button name="action" value="drain">Drain</button>
        <button name="action" value="maint">Maint</button></p>
        </form>
        """
    }

    private static func state(_ pool: PoolReport) -> HTML {
        let usable = pool.servers.count { $0.state.isUsable }
        if pool.isPanicking { return Parts.badge(.warning, "panic: servers are used although they fail their checks") }
        guard pool.isUsable else { return Parts.badge(.bad, "down for \(Parts.span(pool.sinceChange))") }
        return Parts.badge(usable == pool.servers.count ? .good : .warning, "up, \(usable) of \(pool.servers.count) servers usable")
    }

    private static func summary(_ pool: PoolReport, now: Int64) -> HTML {
        let traffic = pool.traffic
        var words = [
            pool.settings.balance.haproxyWord,
            "\(Parts.grouped(pool.inUse)) running (most \(Parts.grouped(pool.maximumInUse)))",
            "\(Parts.freeSlots(pool.servers)) slots free",
            "\(Parts.grouped(pool.queued)) waiting (most \(Parts.grouped(pool.maximumQueued)))",
            "\(Parts.grouped(traffic.requests)) requests",
            "\(Parts.rate(traffic.rate, now: now)) a second",
            "\(Parts.grouped(traffic.retries)) retries",
        ]
        if pool.settings.stick != nil { words.append("\(Parts.grouped(pool.sticks)) sticks") }
        if pool.capacity > 0 {
            let tenths = Int(min(pool.capacity * 10, 1e9))
            words.append("\(tenths / 10).\(tenths % 10) catalogs a second")
        }
        for (other, count) in pool.overflowed.sorted(by: { $0.key < $1.key }) {
            words.append("\(Parts.grouped(count)) overflowed to \(other)")
        }
        if pool.timesDown > 0 { words.append("downs: \(pool.timesDown), \(Parts.span(pool.secondsDown)) in all") }
        return "\(words.joined(separator: " · "))"
    }
}
