import StandIn
import TestKit
import Testing

/// Retry-After is sent to agents whose version retries, and to no others: they would sleep and then fail.
struct SendsAgentsAwayTests {
    private static let versions: [String?] = ["8.10.0", "7.34.0", "8.1.0", "7.23.0", "6.28.0", "rubbish", nil]
    private static func comesBack(_ version: String?) -> Bool { version == "8.10.0" || version == "7.34.0" }

    private func metadata(_ version: String?) -> String {
        Requests.get(
            "/puppet/v3/file_metadata/modules/m/a?environment=production", fields: version.map { ["X-Puppet-Version: \($0)"] } ?? [])
    }

    @Test func aFullQueueGivesRetryAfterByVersion() throws {
        let scene = try Scene()
        let (proxy, gate) = try fullProxy(scene)
        defer { gate.open() }
        let client = try scene.connect(proxy)
        for version in Self.versions {
            let answer = try client.exchange(metadata(version))
            #expect(answer.status == 503 && answer.text.hasPrefix("queue_full "))
            #expect(seconds(answer) == (Self.comesBack(version) ? seconds(answer) ?? 0 : nil), "\(version ?? "none")")
        }
    }

    @Test func noServerGivesRetryAfterByVersion() throws {
        let scene = try Scene()
        let port = try LoopbackPort()
        let check = "check: { inter: 100ms, rise: 1, fall: 1 }"
        let proxy = try scene.start(.pool(port.text, lines: [check]))
        #expect(proxy.waitForMessage { $0.contains("Server compilers/s1 is DOWN") } != nil)
        let client = try scene.connect(proxy)
        for version in Self.versions {
            let answer = try client.exchange(metadata(version))
            #expect(answer.status == 503 && answer.text.hasPrefix("no_server "))
            #expect(seconds(answer) == (Self.comesBack(version) ? seconds(answer) ?? 0 : nil), "\(version ?? "none")")
        }
    }

    @Test func aServerThatRefusesGivesRetryAfterByVersion() throws {
        let scene = try Scene()
        let port = try LoopbackPort()
        let proxy = try scene.start(.pool(port.text, lines: ["retry: { attempts: 0 }"]))
        let client = try scene.connect(proxy)
        let answer = try client.exchange(metadata("8.10.0"))
        #expect(answer.text.hasPrefix("connect_failed ") && seconds(answer) != nil)
        #expect(try seconds(client.exchange(metadata("7.23.0"))) == nil)
    }

    @Test func aQueueTimeoutGivesRetryAfterByVersion() throws {
        let scene = try Scene()
        let (proxy, gate) = try fullProxy(scene, queue: "queue: { timeout: 300ms }")
        defer { gate.open() }
        for version in ["8.10.0", "7.23.0"] {
            let answer = try scene.connect(proxy).exchange(metadata(version))
            #expect(answer.text.hasPrefix("queue_timeout "))
            #expect((seconds(answer) != nil) == Self.comesBack(version))
        }
    }

    @Test func agentsGetDifferentTimesAndEachItsOwn() throws {
        let scene = try Scene()
        let (proxy, gate) = try fullProxy(scene)
        defer { gate.open() }
        var told: [String: Int] = [:]
        for name in ["one.test", "two.test", "three.test"] {
            let client = try scene.connect(proxy, as: name)
            let first = try #require(try seconds(client.exchange(metadata("8.10.0"))))
            let again = try #require(try seconds(scene.connect(proxy, as: name).exchange(metadata("8.10.0"))))
            #expect((1...1800).contains(first))
            #expect(again <= first && again >= first - 5, "the same moment")
            told[name] = first
        }
        #expect(Set(told.values).count == 3, "\(told)")
    }

    @Test func aRequestThatWouldWaitTooLongIsRejectedAtOnceByCapacity() throws {
        let scene = try Scene()
        let server = try scene.server { $0.compileTime = .milliseconds(200) }
        let proxy = try scene.start(
            Configuration(
                .init("compilers", ["queue: { timeout: 2s }"], servers: [Configuration.server("s1", server.address, "maxconn: 1")])))
        // Five a second are served, and many more ask at all times.
        let crowd = SteadyClients(proxy.port(), tls: try scene.tls(), kept: 30, fresh: 0, asking: catalog("agent.test", "7.23.0"))
        var number = 0
        var answer: RawClient.Response?
        #expect(
            try waitUntil(within: .seconds(60)) {
                number += 1
                answer = try scene.connect(proxy, as: "agent\(number).test").exchange(catalog("agent\(number).test", "8.10.0"))
                return answer?.text.hasPrefix("overloaded ") == true
            })
        #expect(answer?.status == 503)
        #expect((1..<30).contains(answer.flatMap(seconds) ?? 0), "nearer than where the capacity is not known")
        let old = try scene.connect(proxy, as: "old.test").exchange(catalog("old.test", "7.23.0"))
        #expect(old.status == 200 || old.text.hasPrefix("queue_timeout ") && seconds(old) == nil, "queued, since it cannot come back")
        _ = crowd.end()
    }

    private func catalog(_ certname: String, _ version: String) -> String {
        Requests.make(
            "POST", "/puppet/v3/catalog/\(certname)?environment=production",
            fields: ["Content-Type: application/x-www-form-urlencoded", "X-Puppet-Version: \(version)"], body: "facts=x")
    }

    @Test func whatIsWrongIsNotAskedAgain() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        let answer = try client.exchange(
            Requests.make("POST", "/puppet/v3/catalog/other.test", fields: ["X-Puppet-Version: 8.10.0"], body: ""))
        #expect(answer.status >= 400 && seconds(answer) == nil)
    }

    /// nil where there is no Retry-After; -1 where it is no number.
    private func seconds(_ answer: RawClient.Response) -> Int? { answer.field("Retry-After").map { Int($0) ?? -1 } }

    /// A proxy whose one server is busy until the gate opens.
    private func fullProxy(_ scene: Scene, queue: String = "queue: { size: 0 }") throws -> (ProxyProcess, Gate) {
        let (server, gate) = try scene.gatedServer()
        let proxy = try scene.start(
            Configuration(.init("compilers", [queue], servers: [Configuration.server("s1", server.address, "maxconn: 1")])))
        let busy = try scene.connect(proxy)
        try busy.send(Requests.metadata())
        scene.keep(server)
        scene.keep(busy)
        #expect(waitUntil { gate.waitingCount == 1 })
        return (proxy, gate)
    }
}
