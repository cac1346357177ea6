import Balancing
import Settings

/// Every pool: its state, its last hour, and its servers, those of one site together, in the pool's order.
enum StatsPagePools {
    typealias Parts = StatsPageParts

    /// - Parameter formToken: with it each pool is a form that changes its servers
    static func content(_ report: ServiceReport, _ view: PageView, formToken: String?) -> HTML {
        var result: HTML = ""
        for pool in report.pools { result += "\(article(pool, report.process, view, formToken))\n" }
        return result
    }

    private static func article(_ pool: PoolReport, _ process: ProcessReport, _ view: PageView, _ formToken: String?) -> HTML {
        let columns = StatsPageServers.columns(now: process.now, canBeChosen: formToken != nil)
        let table = PageTable(
            id: "servers", caption: "Servers of \(pool.name)", columns: columns, view: view, key: { "\(pool.name)/\($0.state.name)" })
        let groups = groups(pool, process.site).map { PageTable<ServerReport>.Group(heading: $0.heading, rows: table.sorted($0.rows)) }
        let servers = table.html(groups, totals: StatsPageServers.totals(pool, now: process.now))
        return """
            <article data-key="\(pool.name)">
            <h3>\(pool.name) \(state(pool))</h3>
            <p class="facts">\(facts(pool))</p>
            \(StatsPageSparklines.content(pool))
            \(formToken.map { form(pool, servers, view, $0) } ?? servers)
            </article>
            """
    }

    private static func groups(_ pool: PoolReport, _ site: String?) -> [(heading: String, rows: [ServerReport])] {
        var groups: [(heading: String, rows: [ServerReport])] = []
        for server in pool.servers {
            let name = server.state.settings.site?.value ?? site ?? ""
            let heading = name.isEmpty ? "" : "Site \(name)"
            if let index = groups.firstIndex(where: { $0.heading == heading }) {
                groups[index].rows.append(server)
            } else {
                groups.append((heading, [server]))
            }
        }
        return groups
    }

    /// As HAProxy's page: servers are chosen in the table, a button says what becomes of them.
    private static func form(_ pool: PoolReport, _ table: HTML, _ view: PageView, _ formToken: String) -> HTML {
        """
        <form method="post" action="/stats" class="change">
        <input type="hidden" name="b" value="\(pool.name)"><input type="hidden" name="form_token" value="\(formToken)">
        <input type="hidden" name="view" value="\(String(view.query.dropFirst()))">
        \(table)
        <p class="actions"><span>Selected servers:</span> <button name="action" value="ready">Ready</button>
        <button name="action" value="drain">Drain</button> <button name="action" value="maint">Maintenance</button></p>
        </form>
        """
    }

    static func state(_ pool: PoolReport) -> HTML {
        let usable = pool.servers.count { $0.state.isUsable }
        if pool.isPanicking { return Parts.badge(.warning, "panic: servers are used although they fail their checks") }
        guard pool.isUsable else { return Parts.badge(.bad, "down for \(Parts.span(pool.sinceChange))") }
        return Parts.badge(usable == pool.servers.count ? .good : .warning, "up, \(usable) of \(pool.servers.count) servers usable")
    }

    private static func facts(_ pool: PoolReport) -> HTML {
        let free = Parts.freeSlots(pool.servers)
        var facts = [
            pool.settings.balance.haproxyWord,
            free.map { "\(Parts.grouped($0)) free slots" } ?? "unlimited slots",
        ]
        if pool.settings.stick != nil { facts.append("\(Parts.grouped(pool.sticks)) sticks") }
        if pool.capacity > 0 { facts.append("capacity \(Sparkline.number(min(pool.capacity, 1e9))) catalogs a second") }
        for (other, count) in pool.overflowed.sorted(by: { $0.key < $1.key }) {
            facts.append("\(Parts.grouped(count)) overflowed to \(other)")
        }
        if pool.timesDown > 0 { facts.append("down \(Parts.plural(pool.timesDown, "time")), \(Parts.span(pool.secondsDown)) in all") }
        return "\(facts.joined(separator: " · "))"
    }
}
