import Peers
import Testing

@testable import Admin

/// `show peers`, and what metrics and the page show of peers.
struct PeersCommandTests {
    private let host: FakeHost = {
        var host = FakeHost()
        var peer = PeerReport()
        (peer.name, peer.address, peer.isConnected, peer.lastStatus) = ("knossos", "192.0.2.2:1337", true, "ESTA")
        (peer.sinceHandshake, peer.connections, peer.protocolErrors, peer.lag) = (3725, 3, 1, 2)
        (peer.counters.updatesSent, peer.counters.updatesReceived, peer.counters.heartbeatsSent) = (10, 20, 5)
        var table = PeerTableStatus()
        (table.name, table.localID, table.remoteID, table.remoteData) = ("compilers", 1, 2, 0x80001)
        (table.lastAcknowledged, table.lastPushed, table.lastReceived, table.update) = (20, 12, 20, 10)
        peer.tables = [table]
        peer.sentServers = [(Array("p2".utf8), 2), (Array("p1".utf8), 1)]
        peer.receivedServers = [Array("p1".utf8)]
        var away = PeerReport()
        (away.name, away.address, away.untilCall) = ("louros", "192.0.2.3:1337", 4)
        var section = PeersReport()
        (section.name, section.local, section.localAddress, section.isUpToDate) = ("grnet", "eie", "192.0.2.1:1337", true)
        section.members = [peer, away]
        section.tables = [("compilers", 12)]
        host.service.peers = [section]
        return host
    }()

    private func ask(_ line: String) -> String {
        var host = host
        return answer(line, host: &host)
    }

    @Test func showsPeersAsHAProxyDoes() {
        let lines = ask("show peers").split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0].hasSuffix("] id=grnet disabled=0 flags=0x0 resync_timeout=<PAST> task_calls=0"))
        #expect(
            lines[1...10] == [
                "  0x2: id=knossos(remote,active) addr=192.0.2.2:1337 last_status=ESTA last_hdshk=1h2m",
                "        reconnect=<NEVER> heartbeat=3s confirm=0 tx_hbt=5 rx_hbt=0 no_hbt=0 new_conn=3 proto_err=1 coll=0",
                "        flags=0x0 appctx:0x2 st0=7 st1=0 task_calls=0 state=EST",
                "        remote_table:0x1 id=compilers local_id=1 remote_id=2",
                "        last_local_table:0x1 id=compilers local_id=1 remote_id=2",
                "        shared tables:",
                "          0x1 local_id=1 remote_id=2 flags=0x0 remote_data=0x80001",
                "              last_acked=20 last_pushed=12 last_get=20 teaching_origin=0 update=10",
                "              table:0x1 id=compilers update=12 localupdate=12 commitupdate=12 refcnt=1",
                "        Dictionary cache not dumped (use \"show peers dict\")",
            ])
        #expect(lines[11] == "  0x3: id=louros(remote,inactive) addr=192.0.2.3:1337 last_status=NONE last_hdshk=<NEVER>")
        #expect(lines[12].hasPrefix("        reconnect=4s heartbeat=<NEVER> "))
        #expect(lines.contains { $0 == "  0x1: id=eie(local,inactive) addr=192.0.2.1:1337 last_status=NONE last_hdshk=<NEVER>" })
    }

    @Test func showsTheNamesThatHaveNumbers() {
        let text = ask("show peers dict grnet")
        #expect(
            text.contains(
                "        TX dictionary cache:\n            1 -> p1    2 -> p2\n        RX dictionary cache:\n            0 -> p1    1 -> -")
        )
        #expect(ask("show peers nowhere") == "No such peers\n\n")
    }

    @Test func countsThemInMetrics() {
        let text = Metrics.text(host.service)
        for line in [
            "peer_connected{peers=\"grnet\",peer=\"knossos\"} 1", "peer_connected{peers=\"grnet\",peer=\"louros\"} 0",
            "peer_updates_sent_total{peers=\"grnet\",peer=\"knossos\"} 10",
            "peer_updates_received_total{peers=\"grnet\",peer=\"knossos\"} 20",
            "peer_lag{peers=\"grnet\",peer=\"knossos\"} 2", "peer_reconnects_total{peers=\"grnet\",peer=\"knossos\"} 2",
            "peer_protocol_errors_total{peers=\"grnet\",peer=\"knossos\"} 1",
        ] {
            #expect(text.contains("\npuppetfront_\(line)\n"), "\(line)")
        }
    }
}
