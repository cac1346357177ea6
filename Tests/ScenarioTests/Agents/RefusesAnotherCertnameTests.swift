import StandIn
import TestKit
import Testing

struct RefusesAnotherCertnameTests {
    @Test func anothersCatalogNodeFactsAndReportAreRefused() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy, as: "me.test")
        let refused = [
            Requests.catalog("other.test"), Requests.report("other.test"),
            Requests.get("/puppet/v3/node/other.test?environment=production"),
            Requests.make("PUT", "/puppet/v3/facts/other.test?environment=production", body: "{}"),
            Requests.get("/production/node/other.test"), Requests.catalog("me.test.evil"), Requests.catalog("other%2etest"),
        ]
        for request in refused {
            let answer = try client.exchange(request)
            #expect(answer.status == 403, "\(request)")
            #expect(answer.text.contains("wrong_certname"), "\(answer.text)")
            #expect(answer.head.first("Content-Type")?.hasPrefix("text/plain") == true)
        }
        #expect(server.requestCount == 0)
        #expect(
            waitUntil {
                proxy.log.filter { $0.reason == "wrong_certname" && $0.termination == "PR--" && $0.server == nil }.count == refused.count
            })
        #expect(try client.exchange(Requests.catalog("me.test")).status == 200, "the connection goes on")
        #expect(try client.exchange(Requests.catalog("ME.test")).status == 200, "certnames compare without case")
        #expect(try client.exchange(Requests.metadata()).status == 200)
    }

    @Test func aPoolMayAllowIt() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address, lines: ["enforce_certname: false"]))
        let client = try scene.connect(proxy, as: "me.test")
        _ = try client.exchange(Requests.catalog("other.test"))
        #expect(server.requestCount == 1)
    }

    @Test func withoutACertificatePuppetServerDecides() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy, as: nil)
        let answer = try client.exchange(Requests.catalog("other.test"))
        #expect(answer.status == 403)
        #expect(answer.text.hasPrefix("Forbidden request"))
        #expect(server.requestCount == 1)
    }
}
