/// Each certname's last run, the youngest first; those that a glob names, else all.
enum StatsPageRuns {
    typealias Parts = StatsPageParts
    private static let shown = 500
    private static let headings =
        ["Certname", "Environment", "Pool", "Server", "#Status", "Last catalog", "#Took", "Last report", "Last request"]
        + ["#Requests", "Agent", "Transaction"]

    /// - Parameter certname: a glob; without a star or question mark any certname that holds it; empty: all
    static func content(_ report: ServiceReport, certname: String) -> HTML {
        let isGlob = certname.contains { $0 == "*" || $0 == "?" }
        let pattern = certname.isEmpty ? "*" : isGlob ? certname : "*\(certname)*"
        let found = report.certnames.filter { certname.isEmpty || Glob.matches($0.certname, pattern) }
        var rows: HTML = ""
        for run in found.prefix(shown) { rows += row(run, now: report.process.now) }
        let nobody = certname.isEmpty ? "No agent has come yet." : "No certname like \(certname)."
        if found.isEmpty { rows += Parts.none(headings.count, nobody) }
        let most = "The last \(shown) of \(Parts.grouped(found.count)) certnames: search to see others"
        let caption = found.count > shown ? most : "\(found.count) certnames"
        return Parts.table(caption, headings, "<tbody>\(rows)</tbody>", id: "runs-table")
    }

    private static func row(_ run: CertnameReport, now: Int64) -> HTML {
        func ago(_ time: Int64?) -> HTML { time.map { Parts.ago($0, now: now) } ?? "–" }
        let hasFailed = run.status == 0 || run.status >= 400
        return """
            <tr>\(Parts.name(run.certname))\(Parts.cell(run.environment))\(Parts.cell(run.pool))\(Parts.cell(run.server))
            <td class="n\(hasFailed ? " hot" : "")">\(run.status == 0 ? "none" : "\(run.status)")</td>
            \(Parts.cell(ago(run.lastCatalog)))
            \(Parts.number(run.catalogMilliseconds.map { Parts.duration(milliseconds: $0) } ?? "–"))\(Parts.cell(ago(run.lastReport)))
            \(Parts.cell(ago(run.lastRequest)))\(Parts.number(run.requests))\(Parts.cell(run.agentVersion))\(Parts.cell(run.transaction))</tr>
            """
    }
}
