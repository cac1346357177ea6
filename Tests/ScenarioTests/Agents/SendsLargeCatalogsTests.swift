import Foundation
import StandIn
import TestKit
import Testing

struct SendsLargeCatalogsTests {
    /// A form longer than what is held for a retry can be sent once only, so no connection may be chosen that has already ended.
    @Test func overServersThatCloseAfterEachResponse() throws {
        let scene = try Scene()
        let server = try ScriptedServer { head, reader in
            try reader.skipContent(of: head)
            try reader.answer("catalog")
            return false
        }
        scene.keep(server)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { body_prefix: 64k }"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        let form = "environment=production&facts=" + String(repeating: "x", count: 200_000)
        for round in 1...20 {
            #expect(try client.exchange(Requests.catalog(body: form)).status == 200, "round \(round)")
            #expect(waitUntil { server.openCount == 0 })
        }
        #expect(server.acceptedCount == 20)
    }

    /// Agents send the environment after the facts, which may be more than what is held for a retry.
    @Test(arguments: [0, 1]) func theEnvironmentAfterThemIsFound(form: Int) throws {
        let scene = try Scene()
        let (first, second) = (try scene.server("one"), try scene.server("two"))
        second.answer { request in .text(200, "\(request.bodyCount)") }
        var configuration = Configuration(
            .init("first", servers: [Configuration.server("one", first.address)]),
            .init("second", servers: [Configuration.server("two", second.address)]))
        configuration.environments = ["staging: second", "default: first"]
        configuration.lines = ["limits: { body_prefix: 16k, body_scan: 1M }"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        let facts = String(repeating: "x", count: 700_000)
        let request =
            form == 0
            ? Requests.make(
                "POST", "/puppet/v3/catalog/agent.test?environment=production",
                fields: ["Content-Type: application/x-www-form-urlencoded"], body: "facts=\(facts)&environment=staging")
            : Requests.make(
                "POST", "/puppet/v4/catalog", fields: ["Content-Type: application/json"],
                body: "{\"facts\":\"\(facts)\",\"environment\":\"staging\"}")
        let size = request.utf8.count - (request.range(of: "\r\n\r\n")?.upperBound.utf16Offset(in: request) ?? 0)
        for _ in 1...2 {
            let response = try client.exchange(request)
            #expect(response.status == 200 && response.text == "\(size)")
        }
        #expect(first.requestCount == 0 && second.requestCount == 2)
        #expect(proxy.waitForLog { $0.string("environment") == "staging" && $0.string("environment_source") == "body" } != nil)
    }

    @Test func oneThatIsLongerThanWhatIsReadIsRefused() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { body_prefix: 16k, body_scan: 64k }"]
        let proxy = try scene.start(configuration)
        let form = "environment=production&facts=" + String(repeating: "x", count: 65_536 - 29)
        #expect(try scene.connect(proxy).exchange(Requests.catalog(body: form)).status == 200)
        let response = try scene.connect(proxy).exchange(Requests.catalog(body: form + "x"))
        #expect(response.status == 413 && response.text.hasPrefix("body_too_large") && response.saysClose)
        let head = "POST /puppet/v3/catalog/agent.test HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        let chunk = "1000\r\n" + String(repeating: "y", count: 4096) + "\r\n"
        let chunked = head + "Transfer-Encoding: chunked\r\n\r\n" + String(repeating: chunk, count: 17) + "0\r\n\r\n"
        #expect(try scene.connect(proxy).exchange(chunked).status == 413)
        let line = try #require(proxy.waitForLog { $0.reason == "body_too_large" })
        #expect(line.termination == "PR--" && line.string("environment") == nil, "\(line)")
        #expect(server.requestCount == 1)
        let report = Requests.make("PUT", "/puppet/v3/report/agent.test", fields: ["Content-Type: text/pson"], body: form + form)
        #expect(try scene.connect(proxy).exchange(report).status == 200, "only catalogs are read before they are sent on")
    }
}
