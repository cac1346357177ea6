/// The stats page: one document of tables that says the same without style or script. What it shows is in its address (`PageView`). The
/// script fetches the page again and again and puts in what changed.
struct StatsPage {
    /// What the caller may do.
    struct Rights: Sendable {
        /// What the forms that change something must bring back; nil: nothing may be changed.
        var formToken: String?
        /// nil: the caller has no session to end.
        var logOutToken: String?
    }

    let report: ServiceReport
    /// nil: the workers did not say in time.
    let sessions: SessionList?
    /// Of the agent that the address names.
    let runs: [AgentRun]
    let view: PageView
    let rights: Rights
    /// How the form ended that led here.
    let note: String?
    let nonce: String

    var html: HTML {
        let process = report.process
        let name = process.site ?? process.node
        return """
            <!DOCTYPE html>
            <html lang="en">
            \(StatsPageParts.head(title: "puppetfront \(name)", nonce: nonce))
            <body>
            <header>
            <h1>puppetfront <span>\(name)</span></h1>
            <div id="status"></div>
            <nav aria-label="Sections">\(links)</nav>
            \(logOut)
            </header>
            <p id="note" role="status">\(note ?? "")</p>
            <main>
            \(section("overview", "Overview \(StatsPageOverview.state(report))", StatsPageOverview.content(report, sessions, view)))
            \(section("pools", "Pools", "\(StatsPageLegend.content)\(StatsPagePools.content(report, view, formToken: rights.formToken))"))
            \(agents)
            \(section("environments", "Environments", StatsPageEnvironments.content(report, view)))
            \(section("routes", "Routes", StatsPageRoutes.content(report, view)))
            \(StatsPageSites.isWanted(report) ? section("sites", "Sites", StatsPageSites.content(report, view)) : "")
            \(section("listeners", "Listeners", StatsPageListeners.content(report, view)))
            \(report.peers.isEmpty ? "" : section("peers", "Peers", StatsPagePeers.content(report, view)))
            \(section("certificates", "Certificates and revocation lists", StatsPageCertificates.content(report, view)))
            \(section("events", "Events", StatsPageEvents.content(report, view)))
            \(section("process", "Process", StatsPageProcess.content(report)))
            </main>
            <script nonce="\(nonce)">\(StatsPageScript.source)</script>
            </body>
            </html>

            """
    }

    /// Requests, runs and failures, which the filters concern.
    private var agents: HTML {
        section(
            "agents", "Agents",
            """
            \(StatsPageFilters.content(report, view))
            \(subsection("requests", "Requests now", StatsPageRequests.content(report, sessions, view)))
            \(subsection("runs", "Last runs", "\(agent)\(StatsPageRuns.content(report, view))"))
            \(subsection("failures", "Recent failures", StatsPageFailures.content(report, view)))
            """)
    }

    private var agent: HTML { view.agent.isEmpty ? "" : StatsPageAgent.content(runs, report, view) }

    private var links: HTML {
        let sections = [
            ("overview", "Overview"), ("pools", "Pools"), ("requests", "Requests"), ("runs", "Runs"), ("failures", "Failures"),
            ("environments", "Environments"), ("listeners", "Listeners"), ("certificates", "Certificates"), ("events", "Events"),
        ]
        var result: HTML = ""
        for (id, name) in sections { result += "<a href=\"#\(id)\">\(name)</a> " }
        return "\(result)<a href=\"/;csv\">CSV</a> <a href=\"/;json\">JSON</a> <a href=\"/metrics\">Metrics</a>"
    }

    private var logOut: HTML {
        guard let token = rights.logOutToken else { return "" }
        return """
            <form method="post" action="/logout"><input type="hidden" name="form_token" value="\(token)"><button>Log out</button></form>
            """
    }

    private func section(_ id: String, _ heading: HTML, _ content: HTML) -> HTML {
        "<section id=\"\(id)\">\n<h2>\(heading)</h2>\n\(content)\n</section>"
    }

    private func subsection(_ id: String, _ heading: HTML, _ content: HTML) -> HTML {
        "<section id=\"\(id)\">\n<h3>\(heading)</h3>\n\(content)\n</section>"
    }
}
