import TestKit
import Testing

extension InTurn {
    /// Figures of the page, exact where every request is known.
    struct ShowsTheHourTests {
        /// The sum of the figures of a pool's chart.
        private static func sum(_ pool: String, _ chart: Int) -> String {
            "document.querySelectorAll('article[data-key=\(pool)] .spark svg')[\(chart)].dataset.values.split(',').map(Number).reduce((a, b) => a + b)"
        }

        private static func cells(_ row: String) -> String {
            "[...document.querySelector('\(row)').children].map((e) => e.innerText.replace(/[\\n\\u202f]/g, ' ').trim())"
        }

        @Test(.timeLimit(.minutes(5))) func everyFigureOfAPoolIsExact() throws {
            let scene = try PageScene()
            for _ in 1...5 { #expect(try scene.run("web1.test", reports: true) == 200) }
            for _ in 1...3 { #expect(try scene.run("broken1.test") == 500) }
            #expect(try scene.run("slow1.test") == 200)
            for _ in 1...2 { #expect(try scene.run("web2.test", environment: "staging") == 200) }
            let page = try BrowserPage(try DevTools())
            try page.setScreen(width: 1280)
            try page.logIn(scene.page, token: scene.token)
            #expect(try page.waits(for: "\(Self.cells("article[data-key=compilers] tfoot tr"))[7].startsWith('14 ')"))
            let total = try page.value(Self.cells("article[data-key=compilers] tfoot tr")) as? [String] ?? []
            #expect(total.count == 12 && total[0] == "Total" && total[1] == "1 of 1 usable", "\(total)")
            #expect(total[4] == "0 of 1 peak 1" && total[8] == "2xx 11 5xx 3" && total[9] == "0" && total[10] == "0", "\(total)")
            let server = try page.value(Self.cells("tr[data-key=\"compilers/p1\"]")) as? [String] ?? []
            #expect(server[7].hasPrefix("14 ") && server[8] == "2xx 11 5xx 3", "\(server)")
            let other = try page.value(Self.cells("article[data-key=other] tfoot tr")) as? [String] ?? []
            #expect(other[7].hasPrefix("2 ") && other[8] == "2xx 2", "\(other)")

            #expect(try page.value(Self.sum("compilers", 3)) as? Int == 3, "errors")
            #expect(try page.value(Self.sum("other", 3)) as? Int == 0)
            #expect(
                try page.text("document.querySelectorAll('article[data-key=compilers] .spark small')[2].textContent") == "14 in the hour")
            #expect(
                try page.text("document.querySelectorAll('article[data-key=compilers] .spark small')[3].textContent") == "3 in the hour")
            let places = "document.querySelectorAll('article[data-key=compilers] .spark svg')[1].dataset.values.split(',')"
            #expect(try page.value("\(places).length") as? Int == 60)
            let slowest = "String(Math.max(...\(places).filter((v) => v).map((v) => Number(v.split('/')[0]))))"
            let milliseconds = try #require(Double(try page.text(slowest)))
            #expect((390...3000).contains(milliseconds), "the slowest catalog took 400 ms: \(milliseconds)")

            let tiles = try page.value(
                "Object.fromEntries([...document.querySelectorAll('.tile')].map((e) => [e.dataset.key, e.querySelector('b').textContent]))")
            let figures = try #require(tiles as? [String: String])
            #expect(figures["Servers usable"] == "2 of 2" && figures["Running"] == "0" && figures["Queued"] == "0", "\(figures)")
            #expect(figures["Errors"] == "3" && figures["Agents"] == "4", "\(figures)")
            #expect(
                try page.text("document.querySelector('.attention').innerText").contains(
                    "compilers: 3 of 14 requests failed in the last ten minutes."))
            #expect(
                try page.text("document.querySelector('.attention').innerText").contains("1 agent failed in the last run: broken1.test."))
            #expect(page.complaints == [])
        }

        @Test(.timeLimit(.minutes(5))) func requestsThatRunAndWaitShowTheirAge() throws {
            let scene = try PageScene()
            let held = try scene.connect("held1.test")
            try held.send(PageScene.catalog("held1.test"))
            #expect(try waitUntil { try scene.running("compilers", "p1") == "1" })
            let queued = try scene.connect("web1.test")
            try queued.send(PageScene.catalog("web1.test"))
            let page = try BrowserPage(try DevTools())
            try page.setScreen(width: 1280)
            try page.logIn(scene.page, token: scene.token)
            let rows =
                "[...document.querySelectorAll('table.requests tbody tr')].map((e) => e.children[0].innerText + ' ' + e.children[1].innerText)"
            #expect(try page.waits(for: "\(rows).join() === 'held1.test running,web1.test queued'"))
            #expect(try page.text("document.querySelector('table.requests caption').textContent") == "1 running, 1 queued")
            let age = "parseFloat(document.querySelector('table.requests tbody td.n').textContent)"
            #expect(try page.waits(for: "\(age) >= 3 && document.querySelector('table.requests tbody td.n').textContent.endsWith(' s')"))
            #expect(try page.text("document.querySelector('[data-key=Queued] small').textContent").hasPrefix("oldest for "))
            #expect(try page.waits(for: "document.querySelector('article[data-key=compilers] .spark svg').dataset.values.endsWith('1')"))
            try page.keepScreenshot("a-request-waits")
            try page.ask(
                "Runtime.evaluate",
                ["expression": "[...document.querySelectorAll('.attention a')].find((e) => e.textContent.includes('queued')).click()"])
            #expect(try page.waits(for: "location.search === '?pool=compilers' && location.hash === '#requests'"))
            #expect(try page.waits(for: "document.querySelector('select[name=pool]')?.value === 'compilers'"))
            scene.gate.open()
            #expect(try held.readResponse()?.status == 200)
            #expect(try queued.readResponse()?.status == 200)
            #expect(try page.waits(for: "document.querySelector('table.requests td.none') !== null"))
            #expect(page.complaints == [])
        }

        @Test(.timeLimit(.minutes(5))) func anAgentsLastRunsHaveTheirReasons() throws {
            let scene = try PageScene()
            let client = try scene.connect("broken1.test")
            _ = try client.exchange(PageScene.catalog("broken1.test"))
            _ = try client.exchange(PageScene.report("broken1.test"))
            #expect(try client.exchange(PageScene.catalog("web9.test")).status == 403, "another agent's catalog")
            for _ in 1...12 { try scene.run("web1.test", reports: true) }
            let page = try BrowserPage(try DevTools())
            try page.setScreen(width: 1280)
            try page.logIn(scene.page, token: scene.token)
            try page.click("tr[data-key=\"broken1.test\"] a")
            #expect(try page.waits(for: "document.querySelectorAll('table.history tbody tr').length === 2"))
            #expect(try page.text("location.search + location.hash") == "?agent=broken1.test#agent")
            let badges =
                "[...document.querySelectorAll('table.history tbody tr')].map((e) => e.children[3].innerText.replace(/\\n/g, ' ')).join('|')"
            let reasons = try page.text(badges)
            #expect(reasons.hasPrefix("403 wrong_certname") && reasons.contains("|500"), "\(reasons)")
            #expect(reasons.contains("Evaluation Error: <i>no such class</i>"), "\(reasons)")
            #expect(
                try page.text("document.querySelectorAll('table.history tbody tr')[1].children[6].innerText") == "200",
                "the report of the failed run")
            try page.keepScreenshot("an-agents-runs")
            try page.click("tr[data-key=\"web1.test\"] a")
            #expect(try page.waits(for: "document.querySelectorAll('table.history tbody tr').length === 10"))
            #expect(try page.value("document.querySelectorAll('table.history .bad').length") as? Int == 0)
            try page.click("#agent h3 a")
            #expect(try page.waits(for: "document.getElementById('agent') === null && location.search === ''"))
            #expect(page.complaints == [])
        }
    }
}
