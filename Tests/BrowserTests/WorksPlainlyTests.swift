import Testing

extension InTurn {
    /// What the page does without its script, and for users without a mouse.
    struct WorksPlainlyTests {
        @Test(.timeLimit(.minutes(5))) func withoutScriptServersAreDrainedAllTheSame() throws {
            let site = try Site()
            let page = try BrowserPage(try DevTools())
            try page.setScreen(width: 390, isPhone: true)
            try page.ask("Emulation.setScriptExecutionDisabled", ["value": true])
            try page.logIn("http://\(site.page)/", token: site.servers.pageToken)
            try page.click("input[name=s][value=eie-1]")
            try page.click("input[name=s][value=louros-2]")
            try page.click("article[data-key=compilers] button[value=maint]")
            #expect(try page.waits(for: "document.getElementById('note')?.textContent === 'Done.'"))
            #expect(try site.status("eie-1") == "MAINT")
            #expect(try site.status("louros-2") == "MAINT")
            #expect(try site.status("eie-2") == "UP")
            #expect(page.complaints == [])
        }

        @Test(.timeLimit(.minutes(5))) func ticksAndOpenedPartsStayWhileThePageRefreshes() throws {
            let site = try Site()
            let page = try BrowserPage(try DevTools())
            try page.setScreen(width: 1500)
            try page.logIn("http://\(site.page)/", token: site.servers.pageToken)
            try page.click("input[name=s][value=knossos-1]")
            try page.click("input[name=certname]")
            try page.type("agent")
            site.servers.sites[0].servers[0].stop()
            #expect(try page.waits(for: "document.querySelector('tr[data-key=\"compilers/eie-1\"] .bad') !== null"))
            try page.click("tr[data-key=\"compilers/eie-1\"] summary")
            try site.servers.sites[0].servers[0].start()
            #expect(try page.waits(for: "document.querySelector('tr[data-key=\"compilers/eie-1\"] .badge').textContent === 'UP'"))
            #expect(try page.value("document.querySelector('tr[data-key=\"compilers/eie-1\"] details').open") as? Bool == true)
            #expect(
                try page.text("document.querySelector('tr[data-key=\"compilers/eie-1\"] details').textContent").contains("is DOWN"),
                "its history")
            #expect(try page.value("document.querySelector('input[value=knossos-1]').checked") as? Bool == true)
            #expect(try page.text("document.querySelector('input[name=certname]').value") == "agent")
            #expect(page.complaints == [])
        }
    }
}
