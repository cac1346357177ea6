/// How the instance stands as a whole.
enum StatsPageProcess {
    typealias Parts = StatsPageParts

    static func content(_ report: ServiceReport) -> HTML {
        let process = report.process
        var entries: HTML = ""
        func entry(_ name: String, _ value: HTML) { entries += "<div><dt>\(name)</dt><dd>\(value)</dd></div>\n" }
        entry("State", state(process))
        if let usable = process.readiness.caIsUsable {
            entry("CA", usable ? Parts.badge(.good, "usable") : Parts.badge(.bad, "no usable server"))
        }
        entry("Host", "\(process.node), process \(process.processID)")
        entry("Up for", "\(Parts.span(process.uptime))")
        entry("Connections", "\(Parts.grouped(process.connections)) of \(Parts.grouped(process.connectionLimit))")
        entry("Requests", "\(Parts.grouped(process.totalRequests))")
        entry("Waiting", "\(Parts.grouped(process.waiting))")
        entry("Turned away", "\(Parts.grouped(process.turnedAway))")
        entry("Handshakes", "\(Parts.grouped(process.totalHandshakes)), \(process.handshakes) running")
        entry("Reloads", "\(process.reloads), \(process.reloadsRefused) refused")
        entry("Memory", "\(Parts.bytes(process.residentBytes))")
        entry("Log lines lost", "\(Parts.grouped(process.logLinesDropped))")
        entry("Version", "\(process.version), OpenSSL \(process.opensslVersion)")
        entry("As of", Parts.moment(process.now))
        return "<dl>\(entries)</dl>"
    }

    private static func state(_ process: ProcessReport) -> HTML {
        if process.readiness.isDraining { return Parts.badge(.warning, "draining") }
        return process.readiness.isReady
            ? Parts.badge(.good, "ready") : Parts.badge(.bad, "not ready: no usable server in the default pool")
    }
}
