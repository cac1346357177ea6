/// What agents connect to.
enum StatsPageListeners {
    typealias Parts = StatsPageParts

    static func content(_ report: ServiceReport) -> HTML {
        var rows: HTML = ""
        for listener in report.listeners { rows += row(listener) }
        let headings =
            ["Listener", "Address", "State", "#Connections", "#Most", "#Total", "#Handshakes", "#Failed"]
            + ["#Requests", "#Refused", "#Malformed"]
            + Parts.statusHeadings + ["#In", "#Out"]
        return Parts.table("Listeners", headings, "<tbody>\(rows)</tbody>")
    }

    private static func row(_ listener: ListenerReport) -> HTML {
        let traffic = listener.traffic
        let handshakes: HTML =
            listener.isTLS
            ? "\(Parts.number(listener.handshakesDone))\(Parts.fault(listener.handshakesFailed))"
            : "<td class=\"n\">plain</td><td class=\"n\">–</td>"
        return """
            <tr>\(Parts.name(listener.name))\(Parts.cell(listener.address))
            \(Parts.cell(listener.isOpen ? Parts.badge(.good, "open") : Parts.badge(.off, "closed")))
            \(Parts.number(listener.connections))\(Parts.number(listener.maximumConnections))\(Parts.number(listener.totalConnections))
            \(handshakes)\(Parts.number(traffic.requests))\(Parts.fault(traffic.refused))\(Parts.fault(traffic.requestErrors))
            \(Parts.statuses(traffic))
            \(Parts.number(Parts.bytes(traffic.bytesIn)))\(Parts.number(Parts.bytes(traffic.bytesOut)))</tr>
            """
    }
}
