import TestKit
import Testing

extension InTurn {
    /// Layout, contrast and names, on every screen.
    struct ReadsWellTests {
        /// Text whose contrast to its ground is below 4.5, and the ratio.
        private static let faint = """
            (() => {
              const parse = (c) => (c.match(/[0-9.]+/g) || []).map(Number);
              const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
                return .2126 * r + .7152 * g + .0722 * b; };
              const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
                if (c.length === 3 || c[3] === 1) return c.slice(0, 3); } return [255, 255, 255]; };
              const found = new Set();
              const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              while (walk.nextNode()) {
                const e = walk.currentNode.parentElement;
                if (!walk.currentNode.data.trim() || !e.checkVisibility() || e.closest("script, option, svg")) continue;
                const [a, b] = [light(parse(getComputedStyle(e).color).slice(0, 3)), light(ground(e))];
                const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
                if (ratio < 4.5) found.add(e.tagName + "." + e.className + " " + ratio.toFixed(2) + " " + e.textContent.slice(0, 30));
              }
              return [...found].join("\\n");
            })()
            """

        /// Tables that need to be scrolled sideways.
        private static let wide = """
            [...document.querySelectorAll(".wide")].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.getAttribute("aria-label")).join()
            """

        /// What is wider than the screen and is in no box that scrolls.
        private static let outside = """
            [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > innerWidth && !e.parentElement.closest(".wide")
              && !e.closest(".wide caption, svg") && getComputedStyle(e).position !== "absolute").map((e) => e.outerHTML.slice(0, 80)).join("\\n")
            """

        /// Headings that are cut.
        private static let cut = """
            [...document.querySelectorAll("thead th")].filter((e) => { const inner = e.querySelector("a") ?? e; return inner.scrollWidth > inner.clientWidth + 1; })
              .map((e) => e.textContent).join()
            """

        private static let unnamed = """
            [...document.querySelectorAll("input:not([type=hidden]), select, button, a, svg")].filter((e) =>
              !(e.labels?.length || e.textContent.trim() || e.getAttribute("aria-label") || e.value)).map((e) => e.outerHTML.slice(0, 90)).join("\\n")
            """

        @Test(.timeLimit(.minutes(5))) func onEveryScreenInBothSchemes() throws {
            let scene = try PageScene()
            for name in ["web1.test", "broken1.test", "slow1.test"] { try scene.run(name, reports: true) }
            _ = try scene.connect("web1.test").exchange(PageScene.catalog("broken1.test"))
            let held = try scene.connect("held1.test")
            try held.send(PageScene.catalog("held1.test"))
            let page = try BrowserPage(try DevTools())
            try page.logIn(scene.page, token: scene.token)
            try page.open(scene.page + "?agent=broken1.test")
            for (width, isPhone) in [(1280, false), (1600, false), (390, true)] {
                for isDark in [false, true] {
                    try page.setScreen(width: width, isPhone: isPhone, isDark: isDark)
                    #expect(try page.waits(for: "innerWidth === \(width)"))
                    #expect(try page.text(Self.faint) == "", "\(width) \(isDark ? "dark" : "light")")
                    #expect(try page.text(Self.outside) == "", "\(width)")
                    if !isPhone {
                        #expect(try page.text(Self.wide) == "", "\(width): no table scrolls sideways")
                        #expect(try page.text(Self.cut) == "", "\(width): no heading is cut")
                    }
                    try page.keepScreenshot("\(width)-\(isDark ? "dark" : "light")")
                }
            }
            #expect(page.complaints == [])
        }

        @Test(.timeLimit(.minutes(5))) func columnsOfAllPoolsAlignAndEverythingHasAName() throws {
            let scene = try PageScene()
            try scene.run("web1.test")
            let page = try BrowserPage(try DevTools())
            try page.setScreen(width: 1280)
            try page.logIn(scene.page, token: scene.token)
            let edges =
                "[...document.querySelectorAll('article')].map((a) => [...a.querySelectorAll('thead th')].map((e) => Math.round(e.getBoundingClientRect().left)).join())"
            let lists = try #require(try page.value(edges) as? [String])
            #expect(lists.count == 2 && lists[0] == lists[1] && lists[0].split(separator: ",").count == 12, "\(lists)")
            #expect(try page.text(Self.unnamed) == "")
            #expect(
                try page.value(
                    "[...document.querySelectorAll('.wide')].every((e) => e.tabIndex === 0 && e.getAttribute('role') === 'group')") as? Bool
                    == true)
            #expect(try page.value("document.querySelector('#legend').open") as? Bool == false)
            try page.click("#legend summary")
            #expect(try page.value("document.querySelector('#legend').open") as? Bool == true)
            let legend = try page.text("document.querySelector('#legend').innerText")
            for word in ["Peak", "Rate", "Rejected", "Queued", "p50, p95"] { #expect(legend.contains(word), "\(word)") }
            let words = try page.text("document.querySelector('main').innerText")
            for word in ["Most", "A second", "Refused", "Waiting", "Turned away"] { #expect(!words.contains(word), "\(word)") }
            #expect(page.complaints == [])
        }
    }
}
