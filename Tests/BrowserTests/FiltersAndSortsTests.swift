import TestKit
import Testing

extension InTurn {
    /// Filters, order and pause: in the address, by mouse and keyboard.
    struct FiltersAndSortsTests {
        private static let names = "[...document.querySelectorAll('table.runs tbody tr[data-key]')].map((e) => e.dataset.key).join()"

        private func start() throws -> (PageScene, BrowserPage) {
            let scene = try PageScene()
            for name in ["web1.test", "web2.test", "broken1.test", "slow1.test"] { try scene.run(name) }
            try scene.run("db1.test", environment: "staging")
            let page = try BrowserPage(try DevTools())
            try page.setScreen(width: 1280)
            try page.logIn(scene.page, token: scene.token)
            #expect(try page.waits(for: "document.querySelectorAll('table.runs tbody tr[data-key]').length === 5"))
            return (scene, page)
        }

        @Test(.timeLimit(.minutes(5))) func filtersGoIntoTheAddressAndBack() throws {
            let (scene, page) = try start()
            try page.click("input[name=certname]")
            try page.type("WEB")
            #expect(try page.waits(for: "\(Self.names).split(',').sort().join() === 'web1.test,web2.test'"))
            #expect(try page.text("location.search") == "?certname=WEB")
            #expect(try page.text("document.querySelector('table.runs caption').textContent") == "2 of 5 agents")
            #expect(try page.text("document.activeElement.name") == "certname", "one can go on typing")
            try page.open(scene.page + "?environment=stag*")
            #expect(try page.text(Self.names) == "db1.test")
            #expect(try page.text("document.querySelector('input[name=environment]').value") == "stag*")
            try page.open(scene.page)
            try page.click("input[name=failed]")
            #expect(try page.waits(for: "\(Self.names) === 'broken1.test'"))
            #expect(try page.text("location.search") == "?failed=1")
            try page.click(".filters a")
            #expect(try page.waits(for: "location.search === '' && \(Self.names).split(',').length === 5"))
            #expect(try page.value("document.querySelector('input[name=failed]').checked") as? Bool == false)
            try page.click("input[name=slow]")
            try page.type("0.35")
            #expect(try page.waits(for: "\(Self.names) === 'slow1.test' && location.search === '?slow=0.35'"))
            try page.ask("Runtime.evaluate", ["expression": "history.back()"])
            #expect(try page.waits(for: "\(Self.names).includes('broken1.test')"))
            #expect(page.complaints == [])
        }

        @Test(.timeLimit(.minutes(5))) func headingsSortAndTheAddressKeepsIt() throws {
            let (scene, page) = try start()
            let head = "document.querySelector('table.runs th:nth-child(1)')"
            let press = "document.querySelector('table.runs th:nth-child(1) a').click()"
            try page.ask("Runtime.evaluate", ["expression": press])
            #expect(try page.waits(for: "\(head)?.getAttribute('aria-sort') === 'ascending'"))
            #expect(try page.waits(for: "\(Self.names) === 'broken1.test,db1.test,slow1.test,web1.test,web2.test'"))
            try page.ask("Runtime.evaluate", ["expression": press])
            #expect(try page.waits(for: "\(Self.names) === 'web2.test,web1.test,slow1.test,db1.test,broken1.test'"))
            #expect(try page.text("\(head).getAttribute('aria-sort') + location.search") == "descending?sort.runs=-certname")
            try page.click("table.runs th:nth-child(6) a")
            #expect(try page.waits(for: "\(Self.names).startsWith('slow1.test,')"), "the slowest first")
            try page.open(scene.page + "?sort.runs=took&sort.environments=-name")
            #expect(try page.text(Self.names).hasSuffix(",slow1.test"))
            // A failed request on a worker that has not seen its environment succeed is counted as `other`.
            let names = "[...document.querySelectorAll('table.environments tbody th')].map((e) => e.innerText)"
            #expect(try page.text(names + ".filter((e) => e !== 'other').join()") == "staging,production")
            for table in ["servers", "requests", "failures", "environments", "routes", "listeners", "certificates"] {
                #expect(try page.value("document.querySelectorAll('table.\(table) thead a.sort').length > 2") as? Bool == true, "\(table)")
            }
            #expect(page.complaints == [])
        }

        @Test(.timeLimit(.minutes(5))) func aChangeLeadsBackToTheView() throws {
            let (scene, page) = try start()
            try page.open(scene.page + "?certname=web&sort.runs=certname")
            try page.click("input[name=s][value=q1]")
            try page.click("article[data-key=other] button[value=drain]")
            #expect(try page.waits(for: "document.getElementById('note').textContent === 'Done.'"))
            #expect(try page.text(Self.names) == "web1.test,web2.test", "the response is of the same view")
            #expect(try page.text("location.search") == "?certname=web&sort.runs=certname")
            #expect(try page.waits(for: "document.querySelector('.attention').innerText.includes('other: q1 taken out.')"))
        }

        @Test(.timeLimit(.minutes(5))) func theRefreshPausesByKeyboard() throws {
            let (scene, page) = try start()
            let total = "document.querySelector('article[data-key=compilers] tfoot td:nth-child(8)').textContent.startsWith('5')"
            try page.ask("Runtime.evaluate", ["expression": "document.getElementById('pause').focus()"])
            for type in ["rawKeyDown", "char", "keyUp"] {
                try page.ask(
                    "Input.dispatchKeyEvent", ["type": type, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"])
            }
            #expect(try page.waits(for: "document.getElementById('live').textContent === 'Paused'"))
            try scene.run("web3.test")
            #expect(try !page.waits(for: total, within: .seconds(5)), "nothing is fetched")
            #expect(try page.text("document.getElementById('pause').textContent") == "Resume")
            try page.click("#pause")
            #expect(try page.waits(for: total))
            #expect(try page.text("document.getElementById('live').textContent") == "Live")
            #expect(page.complaints == [])
        }
    }
}
