/// Who shares sticks with this instance.
enum StatsPagePeers {
    typealias Parts = StatsPageParts

    private struct Row {
        let section: String
        let peer: PeerReport
    }

    static func content(_ report: ServiceReport, _ view: PageView) -> HTML {
        let rows = report.peers.flatMap { section in section.members.map { Row(section: section.name, peer: $0) } }
        let table = PageTable(id: "peers", caption: "Peers", columns: columns, view: view, key: { "\($0.section)/\($0.peer.name)" })
        return table.html(table.sorted(rows), none: "There are no peers.")
    }

    private static var columns: [PageColumn<Row>] {
        [
            PageColumn("name", "Peer", order: { .text($0.peer.name) }, cell: { "\($0.peer.name)\(Parts.small("\($0.peer.address)"))" }),
            PageColumn("section", "Section", order: { .text($0.section) }, cell: { "\($0.section)" }),
            PageColumn(
                "state", "State", order: { .text($0.peer.isConnected ? "connected" : "away") },
                cell: { $0.peer.isConnected ? Parts.badge(.good, "connected") : Parts.badge(.off, "away") }),
            PageColumn(
                "sent", "Sent", .number, help: "Sticks sent to it since the start", order: { .count($0.peer.counters.updatesSent) },
                cell: { "\(Parts.grouped($0.peer.counters.updatesSent))" }),
            PageColumn(
                "received", "Received", .number, help: "Sticks received from it since the start",
                order: { .count($0.peer.counters.updatesReceived) }, cell: { "\(Parts.grouped($0.peer.counters.updatesReceived))" }),
            PageColumn(
                "lag", "Lag", .number, help: "Updates that it has not acknowledged", order: { .count($0.peer.lag) },
                cell: { "\(Parts.grouped($0.peer.lag))" }),
            PageColumn(
                "errors", "Errors", .number, help: "Connections that ended since it broke the protocol",
                order: { .count($0.peer.protocolErrors) }, cell: { Parts.fault($0.peer.protocolErrors) }),
        ]
    }
}
