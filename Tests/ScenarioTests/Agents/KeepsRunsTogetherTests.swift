import StandIn
import TestKit
import Testing

/// A run's requests stay on one server (`stick`), since metadata may differ between compilers.
struct KeepsRunsTogetherTests {
    private static let check = "check: { inter: 100ms, timeout: 500ms, rise: 1, fall: 1 }"

    @Test func anAgentsRequestsStayOnItsServerAndMoveWhenThatIsGone() throws {
        let scene = try Scene()
        let servers = try (1...3).map { try scene.server("s\($0)") }
        let proxy = try scene.start(
            .pool(
                servers[0].address, servers[1].address, servers[2].address,
                lines: ["balance: round-robin", "stick: { on: certname }", Self.check]))
        func serverOfRun(_ certname: String) throws -> String? {
            var names: Set<String?> = []
            for round in 1...3 {
                // Each connection may land on another worker.
                let client = try scene.connect(proxy, as: certname)
                names.insert(try client.exchange(Requests.catalog(certname)).field("X-Puppet-Compiler-Name"))
                #expect(try client.exchange(Requests.metadata("\(certname)-\(round)")).status == 200)
            }
            #expect(names.count == 1, "\(certname) was on \(names)")
            return names.first ?? nil
        }
        let first = try #require(try serverOfRun("web1.test"))
        let others = Set(try ["web2.test", "web3.test"].map { try serverOfRun($0) })
        #expect(others.count == 2 && !others.contains(first), "round-robin goes on beside the sticks: \(first), \(others)")
        #expect(waitUntil { proxy.log.count == 18 })
        let ofFirst = proxy.log.filter { $0.string("client") == "web1.test" }
        #expect(Set(ofFirst.map(\.server)).count == 1)
        #expect(ofFirst.filter { $0.bool("sticky") == true }.count == 5, "all but the first, which made the stick")

        let dying = try #require(first.last?.wholeNumberValue.map { servers[$0 - 1] })
        dying.stop()
        #expect(proxy.waitForMessage { $0.contains("is DOWN") } != nil)
        let second = try #require(try serverOfRun("web1.test"))
        #expect(second != first)
        try dying.start()
        #expect(proxy.waitForMessage { $0.contains("is UP") } != nil)
        #expect(try serverOfRun("web1.test") == second, "a stick that moved stays where it moved to")
    }

    @Test(arguments: [true, false]) func aRequestForItsStickyServerGoesElsewhereInTime(_ isPatient: Bool) throws {
        let scene = try Scene()
        let (busy, gate) = try scene.gatedServer()
        defer { gate.open() }
        let other = try scene.server("other")
        let proxy = try scene.start(
            Configuration(
                .init(
                    "compilers", ["stick: { on: certname, wait: \(isPatient ? "60s" : "300ms") }", "balance: round-robin"],
                    servers: [
                        Configuration.server("busy", busy.address, "maxconn: 1"), Configuration.server("other", other.address),
                    ])))
        let first = try scene.connect(proxy)
        try first.send(Requests.metadata("first"))
        #expect(waitUntil { gate.waitingCount == 1 })
        let second = try scene.connect(proxy)
        try second.send(Requests.metadata("second"))
        if isPatient {
            let stranger = try scene.connect(proxy, as: "other.test")
            #expect(try stranger.exchange(Requests.metadata("free")).status == 200, "the other server is free")
            gate.open()
        }
        #expect(try second.readResponse()?.status == 200)
        let line = try #require(proxy.waitForLog { $0.string("target")?.contains("second") == true })
        #expect(line.server == (isPatient ? "busy" : "other") && line.bool("sticky") == isPatient, "\(line)")
        if !isPatient { #expect((line.double("queue_ms") ?? 0) >= 290) }
        gate.open()
        #expect(try first.readResponse()?.status == 200)
    }

    @Test func thePathsCertnameServesWhereThereIsNoCertificate() throws {
        let scene = try Scene()
        let servers = try (1...2).map { number in
            let server = try scene.server()
            server.answer { _ in .text(200, "s\(number)") }
            return server
        }
        let proxy = try scene.start(
            .pool(servers[0].address, servers[1].address, lines: ["balance: round-robin", "stick: { on: certname }"]))
        let names = try (1...6).map { number in
            try scene.connect(proxy, as: nil).exchange(Requests.catalog("agent\(number % 2).test")).text
        }
        #expect(names[0] != names[1], "the path's certname serves where there is no certificate")
        #expect(names[0] == names[2] && names[2] == names[4] && names[1] == names[3] && names[3] == names[5], "\(names)")
    }
}
