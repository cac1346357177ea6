import Model
import Telemetry

/// The stats page: one document of tables that tells the same without style or script. The script fetches the page again and again and puts
/// in what has changed.
struct StatsPage {
    /// What whoever looks may do.
    struct Rights: Sendable {
        /// What the forms that change something must bring back; nil: nothing may be changed.
        var formToken: String?
        /// nil: nobody has logged in.
        var logOutToken: String?
    }

    private let report: ServiceReport
    /// A glob, as the form has sent it; empty: all.
    private let certname: String
    private let rights: Rights
    /// How the form ended that led here.
    private let note: String?
    private let nonce: String

    init(_ report: ServiceReport, certname: String, rights: Rights = Rights(), note: String? = nil, nonce: String) {
        self.report = report
        self.certname = certname
        self.rights = rights
        self.note = note
        self.nonce = nonce
    }

    var html: HTML {
        let process = report.process
        return """
            <!DOCTYPE html>
            <html lang="en">
            \(StatsPageParts.head(title: "puppetfront \(process.site ?? process.node)", nonce: nonce))
            <body>
            <header>
            <h1>puppetfront \(process.site ?? "")</h1>
            <p id="live"></p>
            <nav>\(links)</nav>
            \(logOut)
            </header>
            <p id="note" role="status">\(note ?? "")</p>
            <main>
            \(section("process", "Process", StatsPageProcess.content(report)))
            \(section("listeners", "Listeners", StatsPageListeners.content(report)))
            \(StatsPageSites.isWanted(report) ? section("sites", "Sites", StatsPageSites.content(report)) : "")
            \(section("pools", "Pools", StatsPagePools.content(report, formToken: rights.formToken)))
            \(section("environments", "Environments", StatsPageEnvironments.content(report)))
            \(section("runs", "Last runs", runs))
            \(section("failures", "Recent failures", StatsPageFailures.content(report)))
            \(section("certificates", "Certificates and revocation lists", StatsPageCertificates.content(report)))
            \(section("events", "Events", StatsPageEvents.content(report)))
            </main>
            <script nonce="\(nonce)">\(StatsPageScript.source)</script>
            </body>
            </html>

            """
    }

    private var links: HTML {
        let sites: HTML = StatsPageSites.isWanted(report) ? "<a href=\"#sites\">Sites</a>" : ""
        return """
            <a href="#listeners">Listeners</a> \(sites) <a href="#pools">Pools</a>
            <a href="#environments">Environments</a> <a href="#runs">Runs</a> <a href="#failures">Failures</a>
            <a href="#certificates">Certificates</a> <a href="#events">Events</a> <a href="/;csv">CSV</a> <a href="/;json">JSON</a>
            <a href="/metrics">Metrics</a>
            """
    }

    private var logOut: HTML {
        guard let token = rights.logOutToken else { return "" }
        return """
            <form method="post" action="/logout"><input type="hidden" name="form_token" value="\(token)"><button>Log out</button></form>
            """
    }

    private func section(_ id: String, _ heading: String, _ content: HTML) -> HTML {
        """
        <section id="\(id)">
        <h2>\(heading)</h2>
        \(content)
        </section>
        """
    }

    private var runs: HTML {
        """
        <form method="get" action="/"><label>Certname <input name="certname" type="search" value="\(certname)" placeholder="*.example.org"
        autocomplete="off" spellcheck="false"></label> <button>Search all</button></form>
        \(StatsPageRuns.content(report, certname: certname))
        """
    }
}
