import Foundation
import StandIn
import TestKit
import Testing

extension InTurn {
    /// The announcement, the neighbours and the peers of this site.
    struct ShowsTheSiteTests {
        @Test(.timeLimit(.minutes(5))) func announcementNeighboursAndPeers() throws {
            let folder = try TemporaryFolder()
            let hook = try folder.write("#!/bin/sh\nexit 0\n", to: "announce")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
            let ports = try [LoopbackPort(), LoopbackPort()]
            let members = "members: { eie: \"\(ports[0].text)\", knossos: \"\(ports[1].text)\" }"
            let scene = try PageScene(
                lines: [
                    "site: eie", "sites: { eie: { near: [knossos] }, knossos: { near: [eie] } }",
                    "anycast: { eie: { pools: [compilers], rise: 1, via: { command: \"\(hook)\" } } }",
                    "peers: { grnet: { local: eie, \(members) } }",
                ], stick: "{ on: certname, peers: grnet }")
            try scene.run("web1.test")
            let page = try BrowserPage(try DevTools())
            try page.setScreen(width: 1500)
            try page.logIn(scene.page, token: scene.token)
            let announcement = "document.querySelector('#announcement')?.textContent ?? ''"
            #expect(try page.waits(for: "(\(announcement)).includes('in force by command')"))
            let text = try page.text(announcement)
            #expect(text.contains("announced") && text.contains("eie 2/2, knossos 0/0"), "\(text)")
            let peer = "document.querySelector('tr[data-key=\"grnet/knossos\"]')"
            #expect(try page.text("\(peer).querySelector('.badge').textContent") == "away")
            #expect(try page.text("\(peer).textContent").contains(ports[1].text))
            #expect(try page.value("document.querySelector('tr[data-key=\"grnet/eie\"]') === null") as? Bool == true, "itself is no peer")
            _ = try UnixClient.ask(scene.socket, "set anycast off")
            #expect(try page.waits(for: "(\(announcement)).includes('withdrawn')"))
            #expect(try page.text(announcement).contains("set off by an operator"))
            #expect(page.complaints == [])
        }
    }
}
