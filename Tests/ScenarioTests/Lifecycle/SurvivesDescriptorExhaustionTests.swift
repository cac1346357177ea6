import StandIn
import TestKit
import Testing

struct SurvivesDescriptorExhaustionTests {
    @Test func connectionsBeyondTheLimitAreRejectedAndServiceContinues() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address), descriptorLimit: 64)
        let tls = try scene.tls()
        let first = try RawClient(proxy.port(), tls: tls)
        #expect(try first.exchange(Requests.metadata()).status == 200)
        var others: [RawClient] = []
        for _ in 1...120 {
            if let client = try? RawClient(proxy.port(), timeout: .seconds(2)) { others.append(client) }
        }
        #expect(proxy.child.isRunning)
        #expect(try first.exchange(Requests.metadata()).status == 200, "what runs goes on")
        for client in others { client.close() }
        #expect(
            waitUntil {
                guard let client = try? RawClient(proxy.port(), tls: tls, timeout: .seconds(2)) else { return false }
                return (try? client.exchange(Requests.metadata()).status) == 200
            })
        #expect(proxy.child.isRunning)
    }

    @Test func noDescriptorIsLeft() throws {
        let scene = try Scene()
        let server = try scene.server()
        let bad = try MisbehavingServer(.resetsAfterRequest)
        let proxy = try scene.start(
            Configuration(
                .init("good", servers: [Configuration.server("s1", server.address)]),
                .init("compilers", servers: [Configuration.server("bad", bad.address)]),
                lines: []))
        let tls = try scene.tls()
        func round() throws {
            let client = try RawClient(proxy.port(), tls: tls)
            _ = try client.exchange(Requests.report())
            _ = try? RawClient(proxy.port(), tls: StandInTLS.client(StandInAuthority().issue("x.test")))
            let rude = try RawClient(proxy.port(), tls: tls)
            try rude.send("GET /puppet/v3/envi")
            rude.stream.reset()
        }
        try round()
        let before = proxy.child.descriptorCount
        for _ in 1...20 { try round() }
        #expect(waitUntil { proxy.child.descriptorCount <= before }, "\(before) before, \(proxy.child.descriptorCount) after")
    }
}
