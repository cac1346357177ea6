import Model
import Telemetry

/// The stats page: one document of tables that tells the same without style or script. The script fetches the page again every two seconds
/// and puts in what has changed.
struct StatsPage {
    private let report: ServiceReport
    /// A glob, as the form has sent it; empty: all.
    private let certname: String
    private let nonce: String

    init(_ report: ServiceReport, certname: String, nonce: String) {
        self.report = report
        self.certname = certname
        self.nonce = nonce
    }

    var html: HTML {
        let process = report.process
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>puppetfront \(process.site ?? process.node)</title>
            <link rel="icon" href="data:,">
            <style nonce="\(nonce)">\(StatsPageStyle.css)</style>
            </head>
            <body>
            <header>
            <h1>puppetfront \(process.site ?? "")</h1>
            <p id="live"></p>
            <nav><a href="#listeners">Listeners</a> <a href="#pools">Pools</a> <a href="#environments">Environments</a>
            <a href="#runs">Runs</a> <a href="#failures">Failures</a> <a href="#certificates">Certificates</a> <a href="#events">Events</a>
            <a href="/;csv">CSV</a> <a href="/;json">JSON</a> <a href="/metrics">Metrics</a></nav>
            </header>
            <main>
            \(section("process", "Process", StatsPageProcess.content(report)))
            \(section("listeners", "Listeners", StatsPageListeners.content(report)))
            \(section("pools", "Pools", StatsPagePools.content(report)))
            \(section("environments", "Environments", StatsPageEnvironments.content(report)))
            \(runs)
            \(section("failures", "Recent failures", StatsPageFailures.content(report)))
            \(section("certificates", "Certificates and revocation lists", StatsPageCertificates.content(report)))
            \(section("events", "Events", StatsPageEvents.content(report)))
            </main>
            <script nonce="\(nonce)">\(StatsPageScript.source)</script>
            </body>
            </html>

            """
    }

    /// What stands in `data-live` is replaced as the page is fetched again.
    private func section(_ id: String, _ heading: String, _ content: HTML) -> HTML {
        """
        <section id="\(id)">
        <h2>\(heading)</h2>
        <div data-live="\(id)">\(content)</div>
        </section>
        """
    }

    /// Its form must not be replaced while somebody types.
    private var runs: HTML {
        """
        <section id="runs">
        <h2>Last runs</h2>
        <form method="get" action="/"><label>Certname <input name="certname" type="search" value="\(certname)" placeholder="*.example.org"
        autocomplete="off" spellcheck="false"></label> <button>Search all</button></form>
        <div data-live="runs">\(StatsPageRuns.content(report, certname: certname))</div>
        </section>
        """
    }
}
