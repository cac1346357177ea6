import Model
import Telemetry
import Testing

@testable import Admin

/// The stats page of values: filters, order, totals, charts and escaping.
struct StatsPageTests {
    private static func host() -> FakeHost {
        var host = FakeHost()
        host.service.process.now = 10_000
        for (index, name) in ["web1", "web2", "db1"].enumerated() {
            var run = CertnameReport()
            run.certname = name
            run.environment = name == "db1" ? "staging" : "production"
            run.pool = "compilers"
            run.status = name == "web2" ? 500 : 200
            run.catalogMilliseconds = Int64([900, 80, 12_000][index])
            run.lastRequest = Int64(9000 + index)
            host.service.certnames.append(run)
        }
        return host
    }

    private static func page(_ target: String, _ host: FakeHost = host(), requests: SessionList? = SessionList()) -> String {
        let target = AdminTarget(target)
        let view = PageView(target)
        return StatsPage(
            report: host.report(), sessions: requests, runs: host.runs(of: view.agent), view: view, rights: StatsPage.Rights(), note: nil,
            nonce: "n"
        ).html.text
    }

    /// The certnames of the runs' table, in its order.
    private static func names(_ target: String) -> [String] {
        let text = page(target)
        guard let table = text.firstRange(of: "<table class=\"runs\">") else { return [] }
        let rows = text[table.upperBound...].prefix { _ in true }.split(separator: "</table>")[0].split(separator: "<tr data-key=\"")
            .dropFirst()
        return rows.map { String($0.prefix { $0 != "\"" }) }
    }

    @Test(arguments: [
        ("/", ["db1", "web2", "web1"]), ("/?certname=WEB", ["web2", "web1"]), ("/?certname=web", ["web2", "web1"]),
        ("/?certname=*1", ["db1", "web1"]), ("/?certname=?eb1", ["web1"]), ("/?certname=eb?", []), ("/?environment=stag", ["db1"]),
        ("/?failed=1", ["web2"]), ("/?failed=0", ["db1", "web2", "web1"]), ("/?slow=0.9", ["db1", "web1"]), ("/?slow=12.001", []),
        ("/?slow=x", ["db1", "web2", "web1"]), ("/?pool=other", []), ("/?pool=compilers&slow=10", ["db1"]),
        ("/?sort.runs=certname", ["db1", "web1", "web2"]), ("/?sort.runs=-certname", ["web2", "web1", "db1"]),
        ("/?sort.runs=-took", ["db1", "web1", "web2"]), ("/?sort.runs=nonsense", ["db1", "web2", "web1"]),
        ("/?certname=web&sort.runs=certname", ["web1", "web2"]),
    ])
    func theAddressSaysWhichRunsAreShownAndInWhichOrder(_ target: String, _ names: [String]) {
        #expect(Self.names(target) == names)
    }

    @Test func failuresShowTheirCauseAndTheServersText() throws {
        var host = Self.host()
        var (request, server, handshake) = (FailureReport(), FailureReport(), FailureReport())
        (request.time, request.id, request.reason, request.cause) = (9990, "a1", .request(.badRequest), "space in <target>")
        (server.time, server.id, server.reason, server.errorText) = (9991, "a2", .serverError, "Evaluation Error: \"x\"")
        (handshake.time, handshake.source, handshake.reason) = (9992, "192.0.2.2", .handshake(.certificateRevoked))
        (handshake.certname, handshake.serial, handshake.cause) = ("bad.test", "0A", "certificate revoked")
        host.service.failures = [handshake, server, request]
        host.service.refusals[.badRequest] = 3
        host.service.handshakeRefusals[.certificateRevoked] = 1234
        let text = Self.page("/", host)
        let table = try #require(text.split(separator: "<table class=\"failures\">").last?.split(separator: "</table>").first)
        #expect(table.contains(">Cause</"))
        #expect(table.contains(">space in &lt;target&gt;</span>"))
        #expect(
            table.contains(
                "<small><span class=\"clip\" title=\"Evaluation Error: &quot;x&quot;\">Evaluation Error: &quot;x&quot;</span></small>"))
        #expect(table.contains(">certificate revoked</span><small>serial 0A</small>"))
        #expect(text.contains("<p class=\"facts\">Requests since the start: bad_request 3</p>"))
        #expect(text.contains("<p class=\"facts\">Refused handshakes since the start: certificate_revoked 1\u{202F}234</p>"))
        #expect(Self.page("/").contains("since the start: ") == false)
        let sorted = Self.page("/?sort.failures=cause", host)
        let order = ["a2", "192.0.2.2", "a1"].compactMap {
            sorted.firstRange(of: "data-key=\"9992/\($0)\"")?.lowerBound ?? sorted.firstRange(of: "data-key=\"\($0)\"")?.lowerBound
        }
        #expect(order.count == 3 && order == order.sorted())
    }

    @Test func aViewIsItsAddress() {
        for query in [
            "?", "?certname=w%2A%26x&failed=1&slow=2.5&agent=a%22b&sort.runs=-took", "?environment=%C3%BC&pool=p&sort.servers=name",
        ] {
            let view = PageView(AdminTarget("/" + query))
            #expect(PageView(query: String(view.query.dropFirst())) == view)
            #expect(PageView(AdminTarget("/" + view.query)) == view)
        }
        #expect(PageView(AdminTarget("/?certname=web*&sort.nothing=x&other=1")).query == "?certname=web*")
        let long = String(repeating: "x", count: 5000)
        #expect(PageView(AdminTarget("/?certname=\(long)")).certname.count == 255)
        #expect(PageView(AdminTarget("/?slow=1e300")).slow == 86_400_000 && PageView(AdminTarget("/?slow=-1")).slow == 0)
        #expect(PageView(AdminTarget("/?slow=nan")).slow == 0)
    }

    @Test func aHeadingTurnsItsOrder() {
        let page = Self.page("/?certname=w&sort.runs=-took")
        #expect(
            page.contains(
                "aria-sort=\"descending\" title=\"The last catalog, the queue included\"><a class=\"view sort\" href=\"?certname=w&amp;sort.runs=took#runs\">Took</a>"
            ))
        #expect(page.contains("href=\"?certname=w&amp;sort.runs=certname#runs\">Agent</a>"), "text begins with the first")
        #expect(page.contains("href=\"?certname=w&amp;sort.runs=-requests#runs\">Requests</a>"), "numbers begin with the greatest")
    }

    @Test func theTotalIsThePoolsAndSaysWhatNoServerTook() {
        var host = Self.host()
        host.service.pools[0].traffic.requests = 1_234_567
        host.service.pools[0].traffic.statuses = SIMD8(2, 0, 1_234_000, 0, 60, 505, 0, 0)
        host.service.pools[0].inUse = 7
        host.service.pools[0].maximumInUse = 12
        let page = Self.page("/", host)
        let total = page.split(separator: "<tfoot>")[1].split(separator: "</tfoot>")[0]
        #expect(total.contains("<th scope=\"row\">Total<small>1\u{202F}234\u{202F}561 without a server</small></th>"), "3 of each server")
        #expect(
            total.contains(
                "<i>2xx</i> 1\u{202F}234\u{202F}000</span> <span class=\"code warm\"><i>4xx</i> 60</span> <span class=\"code hot\"><i>5xx</i> 505</span> "
            ))
        #expect(total.contains("<span class=\"code hot\"><i>none</i> 2</span>") && !total.contains("3xx"))
        #expect(total.contains("<td class=\"n\">7<small>peak 12</small></td>"))
    }

    @Test func aChartHasTheFiguresOfItsMinutes() {
        var host = Self.host()
        var samples: [PoolHistory.Sample] = []
        for minute in [Int64(10), 11, 13] {
            var sample = PoolHistory.Sample()
            (sample.minute, sample.requests, sample.errors, sample.peakQueued) = (minute, 120, UInt64(minute) - 10, Int(minute))
            if minute == 11 { (sample.catalogs, sample.medianCatalog, sample.slowCatalog) = (4, 40, 900) }
            samples.append(sample)
        }
        samples[2].seconds = 30
        host.service.pools[0].history = samples
        host.service.pools[0].queued = 4
        let page = Self.page("/", host)
        func values(_ last: String) -> String { "data-values=\"\(String(repeating: ",", count: 56))\(last)\"" }
        #expect(page.contains(values("10,11,,13")), "the queue's peaks, a minute missing")
        #expect(page.contains(values(",900/40,,")))
        #expect(page.contains(values("2,2,,4")), "requests a second")
        #expect(page.contains(values("0,1,,3")))
        #expect(page.contains("aria-label=\"Queue of compilers in the last hour: 4 now, peak 13\""))
        #expect(page.contains("<span>Errors</span> <b><span class=\"hot\">3</span></b> <small>4 in the hour</small>"))
        #expect(page.contains("<span>Catalog time</span> <b>40 ms</b> <small>p95 900 ms</small>"))
        #expect(!page.contains(" style="), "the page's policy allows none")
    }

    @Test func requestsAreFilteredOldestFirst() {
        var list = SessionList()
        for (index, name) in ["web1", "db1", "web2"].enumerated() {
            var session = SessionReport()
            (session.id, session.requestID, session.certname, session.client) = (UInt64(index), "r\(index)", name, name)
            session.requestMilliseconds = Int64([1500, 90, 61_000][index])
            session.state = index == 1 ? .queued : .running
            session.target = "/<x>"
            list.sessions.append(session)
        }
        list.omitted = 5
        let page = Self.page("/", requests: list)
        #expect(page.contains("<caption>2 running, 1 queued; 5 younger ones are not listed</caption>"))
        let order = ["data-key=\"2/r2\"", "data-key=\"0/r0\"", "data-key=\"1/r1\""].compactMap { page.firstRange(of: $0)?.lowerBound }
        #expect(order.count == 3 && order == order.sorted())
        #expect(page.contains(">61.0 s</td>") && page.contains("oldest for 90 ms") && page.contains("/&lt;x&gt;") && !page.contains("/<x>"))
        let filtered = Self.page("/?certname=web&slow=2", requests: list)
        #expect(filtered.contains("<caption>1 running, 0 queued, filtered; 5 younger ones are not listed</caption>"))
        #expect(Self.page("/", requests: nil).contains("The workers are too busy to list their requests."))
    }

    @Test func anAgentsRunsHaveReasonAndText() {
        var host = Self.host()
        var run = AgentRun(endedAt: 9_900_000)
        run.catalog = .init()
        run.catalog?.status = 500
        run.catalog?.text = "Evaluation Error: <b>"
        run.otherFailures = 12
        run.firstFailure = .init()
        run.firstFailure?.endpoint = "file_content"
        run.firstFailure?.status = 503
        run.firstFailure?.reason = .noServer
        host.runs = ["web2": [run]]
        let page = Self.page("/?agent=web2", host)
        #expect(page.contains("<span class=\"badge bad\">500</span><small>Evaluation Error: &lt;b&gt;</small>"))
        #expect(page.contains("<span class=\"hot\">12</span> first: file_content 503 no_server"))
        #expect(page.contains("1m 40s ago"))
        #expect(Self.page("/?agent=nobody", host).contains("No run of this agent is known."))
        #expect(!Self.page("/", host).contains("id=\"agent\""))
    }

    @Test func allIsWellIsSaid() {
        var host = FakeHost()
        host.service.pools = []
        (host.service.process.readiness.isReady, host.service.process.readiness.defaultPoolIsUsable) = (true, true)
        #expect(Self.page("/", host).contains("Nothing needs attention."))
        (host.service.process.readiness.isReady, host.service.process.readiness.defaultPoolIsUsable) = (false, false)
        #expect(Self.page("/", host).contains("Not ready: the default pool has no usable server."))
        host.service.process.readiness.tlsFault = "listener agents: no agent's certificate is accepted: CRL of CN=CA is not valid yet"
        host.service.process.heldBackFiles = ["crl.pem: it is older"]
        let page = Self.page("/", host)
        #expect(page.contains("Not ready: listener agents: no agent&#39;s certificate is accepted: CRL of CN=CA is not valid yet."))
        #expect(page.contains("Not in force: crl.pem: it is older."))
    }
}
