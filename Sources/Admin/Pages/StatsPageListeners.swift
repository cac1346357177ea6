/// What agents connect to.
enum StatsPageListeners {
    typealias Parts = StatsPageParts

    static func content(_ report: ServiceReport, _ view: PageView) -> HTML {
        let table = PageTable(id: "listeners", caption: "Listeners", columns: columns(now: report.process.now), view: view, key: \.name)
        return table.html(table.sorted(report.listeners), none: "There is no listener.")
    }

    private static func columns(now: Int64) -> [PageColumn<ListenerReport>] {
        [
            PageColumn("name", "Listener", order: { .text($0.name) }, cell: { "\($0.name)\(Parts.small("\($0.address)"))" }),
            PageColumn("state", "State", order: { .text($0.isOpen ? "open" : "closed") }, cell: { state($0) }),
            PageColumn(
                "connections", "Connections", .number, help: "Open now, of the limit; the most at one time",
                order: { .count($0.connections) },
                cell: {
                    "\(Parts.grouped($0.connections)) of \(Parts.grouped($0.connectionLimit))\(Parts.small("peak \(Parts.grouped($0.maximumConnections))"))"
                }),
            PageColumn(
                "total", "Accepted", .number, help: "Connections since the start, and how many in the last second",
                order: { .count($0.totalConnections) },
                cell: { "\(Parts.grouped($0.totalConnections))\(Parts.rate($0.connectionRate, now: now))" }),
            PageColumn(
                "handshakes", "Handshakes", .number, help: "TLS handshakes since the start, and those that failed",
                order: { .count($0.handshakesFailed) }, cell: handshakes),
            PageColumn(
                "requests", "Requests", .number, order: { .count($0.traffic.requests) },
                cell: { "\(Parts.grouped($0.traffic.requests))\(Parts.rate($0.traffic.rate, now: now))" }),
            PageColumn("responses", "Responses", order: { .count($0.traffic.statuses[5]) }, cell: { Parts.responses($0.traffic) }),
            PageColumn(
                "rejected", "Rejected", .number, help: "Rejected by puppetfront, before or instead of a server's response",
                order: { .count($0.traffic.refused) }, cell: { Parts.fault($0.traffic.refused) }),
            PageColumn(
                "bad", "Bad requests", .number, help: "Malformed, too large, or not received in time",
                order: { .count($0.traffic.requestErrors) }, cell: { Parts.fault($0.traffic.requestErrors) }),
            PageColumn(
                "bytes", "Received", .number, help: "Bytes of HTTP from agents, and to them", order: { .count($0.traffic.bytesOut) },
                cell: { "\(Parts.bytes($0.traffic.bytesIn))\(Parts.small("\(Parts.bytes($0.traffic.bytesOut)) sent"))" }),
        ]
    }

    private static func handshakes(_ listener: ListenerReport) -> HTML {
        guard listener.isTLS else { return "<span class=\"none\">plain HTTP</span>" }
        let failed = listener.handshakesFailed
        let note: HTML = failed > 0 ? "<span class=\"hot\">\(Parts.grouped(failed)) failed</span>" : "none failed"
        return "\(Parts.grouped(listener.handshakesDone))\(Parts.small(note))"
    }

    private static func state(_ listener: ListenerReport) -> HTML {
        switch listener.state {
        case .open: Parts.badge(.good, "open")
        case .paused: Parts.badge(.off, "paused")
        case .stopped: Parts.badge(.off, "stopped")
        }
    }
}
