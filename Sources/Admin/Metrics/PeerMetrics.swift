/// The metrics of peers; none where there is no `peers` section.
enum PeerMetrics {
    static func write(_ report: ServiceReport, _ page: inout MetricsPage) {
        func each(_ name: String, _ kind: MetricsPage.Kind, _ help: String, _ value: (PeerReport) -> Double) {
            page.family(name, kind, help)
            for section in report.peers {
                for peer in section.members { page.sample(["peers": section.name, "peer": peer.name], value(peer)) }
            }
        }
        each("peer_connected", .gauge, "1: sticks are shared with it now.") { $0.isConnected ? 1 : 0 }
        each("peer_updates_sent_total", .counter, "Sticks sent to it.") { Double($0.counters.updatesSent) }
        each("peer_updates_received_total", .counter, "Sticks received from it.") { Double($0.counters.updatesReceived) }
        each("peer_lag", .gauge, "Updates that it has not acknowledged.") { Double($0.lag) }
        each("peer_reconnects_total", .counter, "Connections with it, failed ones too, after the first.") {
            Double($0.connections > 0 ? $0.connections - 1 : 0)
        }
        each("peer_protocol_errors_total", .counter, "Connections that ended since it broke the protocol.") { Double($0.protocolErrors) }
    }
}
