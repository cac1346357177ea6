import Foundation
import StandIn
import TestKit
import Testing

/// Tools made for HAProxy work on puppetfront as they are: `scripts/packages tools` installs them, scripts/test haproxyadmin.
struct OperatesWithToolsTests {
    @Test func hatopShowsServersAndChangesThem() throws {
        let scene = try ToolsScene()
        let hatop = ["/usr/bin/hatop", "-s", scene.socket, "-i", "1", "-p", "compilers"]
        // The cursor begins at the pool's name; F7 adds one to a weight, F10 disables.
        let steps = ["see:s1", "see:L7OK", "see:BACKEND", "press:kcud1", "press:kf7", "see:2", "press:kf10", "see:MAINT", "press:q"]
        let run = try scene.run(["/usr/bin/python3", ToolsScene.fixture("terminal.py")] + hatop + ["--"] + steps)
        #expect(run.code == 0, "\(run.text)")
        #expect(try scene.stat("compilers", "s1", ToolsScene.weight) == "2")
        #expect(try scene.stat("compilers", "s1", ToolsScene.status) == "MAINT")
        #expect(try scene.isUp("s2"))
    }

    @Test func haproxyadminOperatesEverythingItKnows() throws {
        let scene = try ToolsScene()
        let run = try scene.run([ToolsScene.python, ToolsScene.fixture("operate.py"), scene.socket])
        #expect(
            run.text == """
                name=HAProxy
                metrics=True
                frontends=agents,spare
                servers=s1,s2
                address=\(scene.servers[0].address)
                status=UP
                drain=True,DRAIN
                ready=True,UP
                maint=True,MAINT
                ready=True,UP
                disable=True,MAINT
                enable=True,UP
                setweight=True,7
                shutdown sessions=True
                setmaxconn=True,500
                frontend setmaxconn=True,55
                frontend disable=True,PAUSED
                frontend enable=True,OPEN
                frontend shutdown=True,STOP
                sessions=True
                errors=True
                clearcounters=True,True

                """)
        #expect(run.code == 0)
        #expect(try scene.stat("compilers", "s1", ToolsScene.weight) == "7")
        #expect(try scene.stat("spare", "FRONTEND", ToolsScene.status) == "STOP")
    }

    @Test func theHAProxyExporterScrapesSocketAndPage() throws {
        let scene = try ToolsScene()
        #expect(try UnixClient.ask(scene.socket, "set weight compilers/s1 3; disable server compilers/s2") == "\n\n")
        for uri in ["unix:\(scene.socket)", "http://\(scene.adminAddress)/stats;csv"] {
            let metrics = try exporterMetrics(uri)
            for line in [
                "haproxy_up 1", "haproxy_exporter_csv_parse_failures_total 0", "haproxy_server_up{backend=\"compilers\",server=\"s1\"} 1",
                "haproxy_server_up{backend=\"compilers\",server=\"s2\"} 0", "haproxy_server_weight{backend=\"compilers\",server=\"s1\"} 3",
                "haproxy_backend_up{backend=\"compilers\"} 1", "haproxy_frontend_current_sessions{frontend=\"agents\"} 0",
            ] {
                #expect(metrics.contains("\n\(line)\n"), "\(line) in \(metrics)")
            }
        }
    }

    /// What the exporter reports of an instance.
    private func exporterMetrics(_ uri: String) throws -> String {
        let port = try LoopbackPort()
        let exporter = try ChildProcess(
            ["/usr/bin/prometheus-haproxy-exporter", "--haproxy.scrape-uri=\(uri)", "--web.listen-address=\(port.text)"])
        // Held meanwhile, which keeps others from it and not the exporter.
        defer { withExtendedLifetime(port) {} }
        var text = ""
        _ = waitUntil {
            text = (try? RawClient(port.number).exchange("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").text) ?? ""
            return text.contains("\nhaproxy_up ") || !exporter.isRunning
        }
        return text.isEmpty ? exporter.errorLines.joined(separator: "\n") : text
    }

    @Test func monitoringPluginsTellWhatIsDown() throws {
        let scene = try ToolsScene()
        let overHTTP = ["/usr/lib/nagios/plugins/check_haproxy", "-u", "http://\(scene.adminAddress)/stats;csv"]
        let overSocket = ["/usr/lib/nagios/plugins/check_haproxy_stats", "-s", scene.socket]
        var run = try scene.run(overHTTP)
        #expect(run.code == 0 && run.text.hasPrefix("HAPROXY OK -  compilers (Active: 2/2) |"), "\(run)")
        run = try scene.run(overSocket)
        #expect(run.code == 0 && run.text.hasPrefix("Check haproxy OK - checked 5 proxies."), "\(run)")
        scene.servers[1].stop()
        #expect(try waitUntil { try scene.stat("compilers", "s2", ToolsScene.status) == "DOWN" })
        run = try scene.run(overHTTP)
        #expect(run.code == 2 && run.text.hasPrefix("HAPROXY CRITICAL - Active service 's2' is DOWN on 'compilers' proxy !"), "\(run)")
        run = try scene.run(overSocket)
        #expect(run.code == 2 && run.text.contains("server: compilers:s2 is DOWN (check status: "), "\(run)")
        #expect(try UnixClient.ask(scene.socket, "disable frontend spare") == "\n")
        run = try scene.run(overSocket)
        #expect(run.code == 2 && run.text.contains("FRONTEND: spare is PAUSED"), "\(run)")
    }

    @Test func scriptsTakeOneServerOutAfterAnother() throws {
        let scene = try ToolsScene()
        let run = try scene.run(["/bin/sh", ToolsScene.fixture("rolling.sh"), scene.socket, "compilers", "s1", "s2"])
        #expect(run.text == "s1 1 0\ns2 1 0\n", "FMAINT, then nothing")
        #expect(run.code == 0)
        #expect(try scene.isUp("s1") && scene.isUp("s2"))
    }
}
