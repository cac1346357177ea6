import StandIn
import TestKit
import Testing

struct AnswersAdminHTTPTests {
    @Test func countersFollowTheRequests() throws {
        let scene = try Scene()
        let (_, proxy, monitor) = try AdminScene.start(scene)
        let agent = try scene.connect(proxy)
        for _ in 1...3 { #expect(try agent.exchange(Requests.metadata()).status == 200) }
        #expect(try agent.exchange(Requests.catalog()).status == 200)
        #expect(try agent.exchange(Requests.catalog("other.test")).status == 403)
        var page = ""
        let wanted = [
            "puppetfront_requests_total{listener=\"agents\",pool=\"compilers\",endpoint=\"file_metadata\",code=\"200\"} 3",
            "puppetfront_requests_total{listener=\"agents\",pool=\"compilers\",endpoint=\"catalog\",code=\"200\"} 1",
            "puppetfront_server_requests_total{pool=\"compilers\",server=\"s1\",code=\"2xx\"} 4",
            "puppetfront_refused_total{reason=\"wrong_certname\"} 1",
            "puppetfront_connections{listener=\"agents\"} 1",
            "puppetfront_queue_length{pool=\"compilers\"} 0",
            "puppetfront_ready 1",
        ]
        let isThere = try waitUntil {
            let answer = try monitor.exchange(AdminScene.get("/metrics"))
            #expect(answer.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            page = answer.text
            let lines = Set(page.split(separator: "\n").map(String.init))
            return wanted.allSatisfy { lines.contains($0) }
        }
        #expect(isThere, "\(page)")
    }

    @Test func readinessFollowsTheDefaultPool() throws {
        let scene = try Scene()
        let check = "check: { inter: 100ms, fastinter: 50ms, timeout: 200ms, rise: 1, fall: 2 }"
        let (server, proxy, monitor) = try AdminScene.start(scene, lines: [check])
        let answer = try monitor.exchange(AdminScene.get("/readyz"))
        #expect(answer.status == 200)
        let date = try #require(answer.field("Date"))
        #expect(date.hasSuffix(" GMT") && date.utf8.count == 29, "\(date)")
        #expect(answer.text == "ready: yes\ndraining: no\ndefault pool usable: yes\nCA usable: none\nagents' certificates accepted: yes\n")
        #expect(waitUntil { server.acceptedCount > 1 })
        server.stop()
        #expect(proxy.waitForMessage { $0.contains("Server compilers/s1 is DOWN") } != nil)
        #expect(try waitUntil { try monitor.exchange(AdminScene.get("/readyz")).status == 503 })
        #expect(try monitor.exchange(AdminScene.get("/readyz")).text.hasPrefix("ready: no\ndraining: no\ndefault pool usable: no\n"))
        #expect(try monitor.exchange(AdminScene.get("/healthz")).text == "ok\n", "the process itself is well")
        let page = try monitor.exchange(AdminScene.get("/")).text
        #expect(page.contains("<span class=\"badge bad\">DOWN</span>"))
        #expect(page.contains("Layer4 connection problem"))
    }

    @Test func whatAgentsSayIsEscaped() throws {
        let scene = try Scene()
        let (_, proxy, monitor) = try AdminScene.start(scene)
        let agent = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        #expect(try agent.exchange(AdminScene.get("/puppet/v3/node/<b>bold\"'&?environment=<i>")).status >= 400)
        var page = ""
        let isTold = try waitUntil {
            page = try monitor.exchange(AdminScene.get("/")).text
            return page.contains("/puppet/v3/node/&lt;b&gt;bold&quot;&#39;&amp;?environment=&lt;i&gt;")
        }
        #expect(isTold, "\(page)")
        for tag in ["<b>bold", "=<i>"] { #expect(!page.contains(tag)) }
        for name in ["certname", "environment", "agent", "pool", "sort.runs", "slow"] {
            let page = try monitor.exchange(AdminScene.get("/?\(name)=%22%3E%3Cu%3E")).text
            #expect(!page.contains("<u>") && !page.contains("\">&lt;u"), "\(name)")
        }
        #expect(try monitor.exchange(AdminScene.get("/?certname=%22%3E%3Cu%3E")).text.contains("value=\"&quot;&gt;&lt;u&gt;\""))
    }

    @Test func runsAreFoundByGlob() throws {
        let scene = try Scene()
        let (_, proxy, monitor) = try AdminScene.start(scene)
        for name in ["web.test", "db.test"] {
            let agent = try scene.connect(proxy, as: name)
            #expect(try agent.exchange(Requests.catalog(name)).status == 200)
        }
        let all = try waitUntil {
            let page = try monitor.exchange(AdminScene.get("/stats")).text
            return page.contains(">web.test</a></th>") && page.contains(">db.test</a></th>")
        }
        #expect(all)
        let page = try monitor.exchange(AdminScene.get("/?certname=web.*")).text
        #expect(page.contains(">web.test</a></th>") && !page.contains(">db.test</a></th>"))
    }

    @Test func theRequestsOfAHungWorkerAreNotWaitedFor() throws {
        let scene = try Scene()
        let (_, proxy, monitor) = try AdminScene.start(scene)
        func page() throws -> String { try monitor.exchange(AdminScene.get("/")).text }
        #expect(try page().contains("No request at the moment."))
        let stop = try #require(ThreadStop(of: proxy.child.pid, named: "worker-0"))
        let begun = ContinuousClock.now
        for _ in 1...2 { #expect(try page().contains("The workers are too busy to list their requests.")) }
        #expect((Duration.seconds(2)..<Duration.seconds(15)).contains(ContinuousClock.now - begun), "a second each")
        #expect(try monitor.exchange(AdminScene.get("/healthz")).text == "ok\n", "the connection goes on")
        stop.end()
        #expect(try waitUntil { try page().contains("No request at the moment.") })
    }

    @Test func thePageMayLoadNothingFromElsewhere() throws {
        let scene = try Scene()
        let (_, _, monitor) = try AdminScene.start(scene)
        let answers = try ["/", "/"].map { try monitor.exchange(AdminScene.get($0)) }
        let policies = answers.compactMap { $0.field("Content-Security-Policy") }
        #expect(policies.count == 2 && policies[0] != policies[1], "a nonce serves once")
        for (answer, policy) in zip(answers, policies) {
            #expect(policy.hasPrefix("default-src 'none'; "))
            let nonce = try #require(policy.split(separator: "'").first { $0.hasPrefix("nonce-") }).dropFirst(6)
            #expect(nonce.count == 32)
            #expect(answer.text.contains("<script nonce=\"\(nonce)\">") && answer.text.contains("<style nonce=\"\(nonce)\">"))
            #expect(answer.text.components(of: "<script") == 1 && answer.text.components(of: "http://") == 0)
            #expect(answer.field("X-Frame-Options") == "DENY" && answer.field("X-Content-Type-Options") == "nosniff")
            #expect(answer.field("Cache-Control") == "no-store")
        }
    }

    @Test func toolsForHAProxyReadOnHere() throws {
        let scene = try Scene()
        let (_, _, monitor) = try AdminScene.start(scene)
        for target in ["/;csv", "/stats;csv;norefresh", "/haproxy?stats;csv", "/haproxy?stats&csv"] {
            let answer = try monitor.exchange(AdminScene.get(target))
            #expect(answer.text.hasPrefix("# pxname,svname,qcur,"), "\(target)")
            #expect(answer.text.contains("\ncompilers,s1,"), "\(target)")
        }
        let answer = try monitor.exchange(AdminScene.get("/;json"))
        #expect(answer.field("Content-Type") == "application/json" && answer.text.hasPrefix("[["))
    }
}

extension String {
    /// How often it contains a text.
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
