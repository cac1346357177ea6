import StandIn
import TestKit
import Testing

/// Passive checks (`outlier`), and what the last resort is.
struct EjectsFailingServersTests {
    @Test func whoFailsInARowGetsNothingForAWhile() throws {
        let scene = try Scene()
        let bad = try MisbehavingServer(.resetsAfterRequest)
        let good = try scene.server("good")
        let proxy = try scene.start(
            .pool(bad.address, good.address, lines: ["balance: round-robin", "outlier: { failures: 3, eject: 1s }"]))
        let client = try scene.connect(proxy)
        for number in 1...20 { #expect(try client.exchange(Requests.metadata("f\(number)")).status == 200, "repeated on the other") }
        let line = try #require(proxy.waitForMessage { $0.contains("is ejected") })
        #expect(
            line.contains("Server compilers/s1 is ejected for 1s after 3 failed requests in a row. 1 active and 0 backup servers left."),
            "\(line)")
        #expect(waitUntil { proxy.log.count == 20 })
        #expect(proxy.log.filter { $0.int("retries") == 1 }.count == 3)
        bad.behaviour = .behavesWell
        #expect(proxy.waitForMessage { $0.contains("Server compilers/s1 is back after its ejection") } != nil)
        #expect(try waitUntil { try client.exchange(Requests.metadata()).status == 200 && proxy.log.last?.server == "s1" })
    }

    @Test func responsesThatAManifestCausesEjectNoServer() throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { _ in .text(500, "Evaluation Error") }
        let other = try scene.server()
        other.answer { _ in .text(404, "Could not find") }
        let proxy = try scene.start(.pool(server.address, other.address, lines: ["outlier: { failures: 1, eject: 10s }"]))
        let client = try scene.connect(proxy)
        let statuses = Set(try (1...10).map { _ in try client.exchange(Requests.metadata()).status })
        #expect(statuses == [500, 404])
        #expect(!proxy.messages.contains { $0.contains("is ejected") })
    }

    @Test func aFailedRequestBringsTheNextCheckForward() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(
            .pool(server.address, lines: ["check: { inter: 600s, fastinter: 50ms, downinter: 50ms, timeout: 1s, rise: 1, fall: 2 }"]))
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        server.stop()
        try client.send(Requests.metadata())
        #expect(proxy.waitForMessage { $0.contains("Server compilers/s1 is DOWN") } != nil, "ten minutes before its time")
        // Accepted requests wait for the server; new ones are rejected at once.
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 503)
        try server.start()
        #expect(try client.readResponse()?.status == 200)
    }

    @Test func requestsOfADeadServerMoveToAnother() throws {
        let scene = try Scene()
        let frozen = try MisbehavingServer(.readsAndNeverAnswers)
        let other = try scene.server("other")
        let check = "check: { inter: 100ms, timeout: 300ms, rise: 1, fall: 2 }"
        let proxy = try scene.start(
            Configuration(
                .init(
                    "compilers", [check],
                    servers: [
                        Configuration.server("frozen", frozen.address), Configuration.server("other", other.address, "backup: true"),
                    ])))
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.catalog()).field("X-Puppet-Compiler-Name") == "other")
        let line = try #require(proxy.waitForLog { $0.string("endpoint") == "catalog" })
        #expect(line.server == "other")
    }
}
