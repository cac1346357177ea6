/// The process itself.
enum StatsPageProcess {
    typealias Parts = StatsPageParts

    static func content(_ report: ServiceReport) -> HTML {
        let process = report.process
        var entries: HTML = ""
        func entry(_ name: String, _ value: HTML) { entries += "<div><dt>\(name)</dt><dd>\(value)</dd></div>\n" }
        entry("Host", "\(process.node), process \(process.processID)")
        entry("Uptime", "\(Parts.span(process.uptime))")
        entry("Workers", "\(process.workers)")
        entry("Requests", "\(Parts.grouped(process.totalRequests))")
        entry("Connections rejected", "\(Parts.grouped(process.turnedAway))")
        entry(
            "TLS handshakes",
            "\(Parts.grouped(process.totalHandshakes)), \(process.handshakes) in progress, \(process.handshakesWaiting) waiting")
        entry("Reloads", "\(process.reloads), \(process.reloadsRefused) rejected")
        entry("Memory", "\(Parts.bytes(process.residentBytes))")
        entry("Log lines lost", "\(Parts.grouped(process.logLinesDropped))")
        entry("Version", "\(process.version), OpenSSL \(process.opensslVersion)")
        entry("As of", Parts.moment(process.now))
        return "<dl>\(entries)</dl>"
    }
}
