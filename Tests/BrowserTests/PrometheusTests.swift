import Foundation
import StandIn
import TestKit
import Testing

extension InTurn {
    /// `/metrics` as Prometheus itself takes it.
    struct PrometheusTests {
        @Test(.timeLimit(.minutes(5))) func itScrapesAndRespondsToQueries() throws {
            let site = try Site()
            try site.runAgent()
            let prometheus = try Prometheus(scraping: site.page, tokenFile: site.folder.path + "/page-token", folder: site.folder)
            var health = ("", "")
            let isUp = waitUntil(within: .seconds(30)) {
                health = prometheus.health()
                return health.0 == "up"
            }
            #expect(isUp, "\(health)")
            #expect(waitUntil { prometheus.value("sum(puppetfront_server_up{pool=\"compilers\"})") == 6 })
            #expect(waitUntil { prometheus.value("sum by (site) (puppetfront_server_up{site=\"knossos\"})") == 2 })
            #expect(waitUntil { (prometheus.value("sum(puppetfront_requests_total{endpoint=\"catalog\",code=\"200\"})") ?? 0) >= 1 })
            #expect(
                waitUntil {
                    prometheus.value(
                        "histogram_quantile(0.5, sum by (le) (puppetfront_request_duration_seconds_bucket{endpoint=\"catalog\"}))") != nil
                })
            try checkDashboard(prometheus)
            site.servers.sites[0].servers[0].stop()
            #expect(waitUntil { prometheus.value("puppetfront_server_up{server=\"eie-1\"}") == 0 })
        }

        /// Every panel asks what Prometheus understands, and most show something after one run of an agent.
        private func checkDashboard(_ prometheus: Prometheus) throws {
            let panels = try Dashboard.expressions()
            for panel in panels { #expect(prometheus.ask(query: panel.expression) != nil, "\(panel)") }
            let quiet: Set = [
                "Refused, failed and cut, by reason", "Failed health checks", "Free JRubies", "Repeated, and on to another pool",
                "Pools down or in panic", "Sticks", "5xx and failures by server",
            ]
            // Its servers speak HTTP/1.1, it has no peers, and it announces nothing.
            let absent = ["puppetfront_server_http2_", "puppetfront_peer_", "puppetfront_anycast_"]
            let asked = panels.filter { panel in !absent.contains { panel.expression.contains($0) } }
            let counts = absent.map { name in panels.count { $0.expression.contains(name) } }
            #expect(counts == [2, 6, 5])
            var empty: Set<String> = []
            // A rate needs two scrapes.
            let isShown = waitUntil {
                empty = Set(asked.filter { prometheus.ask(query: $0.expression)?.isEmpty ?? true }.map(\.title)).subtracting(quiet)
                return empty.isEmpty
            }
            #expect(isShown, "\(empty)")
        }

        @Test func promtoolHasNothingToSay() throws {
            let site = try Site()
            try site.runAgent()
            let client = try RawClient(UInt16(site.page.split(separator: ":").last ?? "") ?? 0)
            let answer = try client.exchange(
                "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(site.servers.pageToken)\r\n\r\n")
            #expect(answer.status == 200)
            let file = try site.folder.write(answer.text, to: "metrics")
            let check = try ChildProcess(["/bin/sh", "-c", "exec \(Prometheus.promtool) check metrics <\(file)"])
            #expect(check.waitForEnd(within: .seconds(20)) == 0)
            #expect(check.outputLines + check.errorLines == [])
        }
    }
}
