/// What agents connect to.
enum StatsPageListeners {
    typealias Parts = StatsPageParts

    static func content(_ report: ServiceReport) -> HTML {
        var rows: HTML = ""
        for listener in report.listeners { rows += row(listener, now: report.process.now) }
        let headings =
            ["Listener", "Address", "State", "#Connections", "#Most", "#Total", "#A second", "#Handshakes", "#Failed"]
            + ["#Requests", "#A second", "#Refused", "#Malformed"]
            + Parts.statusHeadings + ["#In", "#Out"]
        return Parts.table("Listeners", headings, "<tbody>\(rows)</tbody>")
    }

    private static func row(_ listener: ListenerReport, now: Int64) -> HTML {
        let traffic = listener.traffic
        let handshakes: HTML =
            listener.isTLS
            ? "\(Parts.number(listener.handshakesDone))\(Parts.fault(listener.handshakesFailed))"
            : "<td class=\"n\">plain</td><td class=\"n\">–</td>"
        return """
            <tr>\(Parts.name(listener.name))\(Parts.cell(listener.address))
            \(Parts.cell(listener.isOpen ? Parts.badge(.good, "open") : Parts.badge(.off, "closed")))
            \(Parts.number(listener.connections))\(Parts.number(listener.maximumConnections))\(Parts.number(listener.totalConnections))
            \(Parts.number(Parts.rate(listener.connectionRate, now: now)))
            \(handshakes)\(Parts.number(traffic.requests))\(Parts.number(Parts.rate(traffic.rate, now: now)))\(Parts.fault(traffic.refused))\(Parts.fault(traffic.requestErrors))
            \(Parts.statuses(traffic))
            \(Parts.number(Parts.bytes(traffic.bytesIn)))\(Parts.number(Parts.bytes(traffic.bytesOut)))</tr>
            """
    }
}
