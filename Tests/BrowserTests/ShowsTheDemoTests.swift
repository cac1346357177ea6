import Foundation
import TestKit
import Testing

extension InTurn {
    /// The stats page in Chromium while the demo runs.
    struct ShowsTheDemoTests {
        private static func badge(_ server: String) -> String { "document.querySelector('tr[data-key=\"compilers/\(server)\"] .badge')" }

        /// Whether the server's state is shown in red letters on a reddish background, as computed.
        private static func isRed(_ server: String) -> String {
            """
            (() => { const badge = \(badge(server)); if (!badge || !badge.textContent.startsWith("DOWN")) return false;
              const [letters, ground] = [getComputedStyle(badge).color, getComputedStyle(badge).backgroundColor].map((c) => c.match(/[0-9]+/g).map(Number));
              return letters[0] > 2 * letters[1] && letters[0] > 2 * letters[2] && ground[0] > ground[1] + 20 && ground[0] > ground[2] + 20; })()
            """
        }

        /// What is wider than the screen and is in no box that scrolls.
        private static let wide = """
            [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > 390 && !e.parentElement.closest(".wide") && getComputedStyle(e).position !== "absolute")
              .map((e) => e.outerHTML.slice(0, 80)).join("\\n")
            """

        @Test(.timeLimit(.minutes(5))) func aKilledServerTurnsRedAndAClickDrainsAnother() throws {
            let page = try BrowserPage(try DevTools())
            let demo = try Demo()
            try page.setScreen(width: 1500)
            try page.logIn("http://\(demo.page)/", token: demo.token)
            #expect(demo.child.waitForOutput { $0.contains("eie-1 is killed") } != nil)
            #expect(try page.waits(for: Self.isRed("eie-1")))
            let failed =
                try page.text("document.getElementById('events').textContent").components(separatedBy: "server compilers/eie-1 failed")
                .count - 1
            #expect(failed == 1, "the first check that failed; with the second it is down")
            let since = try page.text("document.querySelector('tr[data-key=\"compilers/eie-1\"] summary').textContent")
            let seconds = Int(since.dropFirst("for ".count).dropLast())
            #expect(try #require(seconds) <= 10, "since that second check, on a busy machine")
            try page.keepScreenshot("wide-a-server-is-down")
            #expect(demo.child.waitForOutput(within: .seconds(60)) { $0.contains("both are back") } != nil)
            #expect(try page.waits(for: "\(Self.badge("eie-1"))?.textContent === 'UP'"), "without loading the page again")

            try page.click("input[name=s][value=eie-2]")
            try page.click("article[data-key=compilers] button[value=drain]")
            #expect(try page.waits(for: "document.getElementById('note').textContent === 'Done.'"))
            #expect(try page.waits(for: "\(Self.badge("eie-2"))?.textContent.startsWith('DRAIN')"))
            let row = try UnixClient.ask(demo.socket, "show stat").split(separator: "\n").first { $0.hasPrefix("compilers,eie-2,") } ?? ""
            #expect(row.contains(",DRAIN,"), "\(row)")
            #expect(try page.value("document.querySelectorAll('input[name=s]:checked').length") as? Int == 0)
            #expect(
                try page.text("document.getElementById('events').textContent").contains(
                    "Server compilers/eie-2: drain, on the page by 127.0.0.1 (logged in)"))

            try page.click("input[name=certname]")
            try page.type("AGENT2")
            #expect(
                try page.waits(
                    for: "[...document.querySelectorAll('table.runs tbody tr th')].map((e) => e.textContent).join() === 'agent2.test'"))

            try page.keepScreenshot("wide")
            try page.setScreen(width: 1500, isDark: true)
            try page.keepScreenshot("dark")
            try page.setScreen(width: 390, isPhone: true)
            let wide = try page.text(Self.wide)
            #expect(wide == "", "only tables scroll sideways")
            try page.keepScreenshot("phone")
            #expect(page.complaints == [])
            #expect(page.hosts == [demo.page, "data:"] || page.hosts == [demo.page])
            #expect(try demo.end() == 0, "\(demo.child.outputLines.suffix(8))")
        }
    }
}
