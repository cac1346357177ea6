import Foundation
import StandIn
import Synchronization
import TestKit
import Testing

/// Many agents at once, few slots, and servers that are killed and started again meanwhile: every waiting agent gets its catalog.
/// The same in large is `Benchmarks/herd`.
struct ServesHerdsTests {
    static let agentCount = 300
    static let certnames = (0..<24).map { "node\($0).test" }
    static let slots = 6

    /// What each agent has seen, by its number.
    private final class Herd: Sendable {
        let outcomes = Mutex([Int: Result<RawClient.Response, any Error>]())
        var answeredCount: Int { outcomes.withLock { $0.count } }

        /// Agents that did not get their catalog, and what they got.
        var faults: [String] {
            outcomes.withLock { $0 }.compactMap { number, outcome in
                guard case .success(let answer) = outcome else { return "agent \(number): \(outcome)" }
                if answer.status == 200, answer.isWhole, answer.text == "catalog of agent \(number)" { return nil }
                return "agent \(number): \(answer.status) \(answer.text)"
            }
        }
    }

    @Test func everyAgentGetsItsCatalogThoughServersAreKilled() throws {
        let scene = try Scene()
        let servers = try (1...3).map { try compiler(scene, "s\($0)") }
        let entries = servers.map { Configuration.server($0.name, $0.address, "maxconn: \(Self.slots)") }
        let lines = ["check: { inter: 2s }"]
        let proxy = try scene.start(Configuration(.init("compilers", lines, servers: entries)))
        let herd = Herd()
        for (number, tls) in try agents(scene) {
            Thread {
                let outcome = Result { try Self.fetch(number, tls, proxy.port()) }
                herd.outcomes.withLock { $0[number] = outcome }
            }.start()
        }
        for (round, server) in servers.enumerated() {
            #expect(waitUntil(within: .seconds(60)) { herd.answeredCount > 20 + 80 * round && server.runningCount > 0 })
            server.stop()
            #expect(waitUntil(within: .seconds(60)) { herd.answeredCount > 60 + 80 * round })
            try server.start()
        }
        #expect(waitUntil(within: .seconds(60)) { herd.answeredCount == Self.agentCount })
        let faults = herd.faults
        #expect(faults.isEmpty, "\(faults.count) agents, such as \(faults.prefix(3)): \(proxy.log.filter { $0.status != 200 }.prefix(3))")
        #expect(proxy.log.contains { ($0.int("retries") ?? 0) > 0 }, "no compile was lost: nothing was tested")
    }

    /// A server whose compiles take between 50 and 450 ms, each agent's always the same.
    private func compiler(_ scene: Scene, _ name: String) throws -> StandInServer {
        let server = try scene.server(name)
        server.answer { request in
            guard let number = request.query("agent").flatMap({ Int($0) }) else { return nil }
            var answer = StandInAnswer.text(200, "catalog of agent \(number)")
            answer.delay = .milliseconds(50 + 100 * (number * 7 % 5))
            return answer
        }
        return server
    }

    /// Each agent's number and TLS, a few certificates for all.
    private func agents(_ scene: Scene) throws -> [(Int, StandInTLS)] {
        let contexts = try Self.certnames.map { try scene.tls($0) }
        return (0..<Self.agentCount).map { ($0, contexts[$0 % contexts.count]) }
    }

    private static func fetch(_ number: Int, _ tls: StandInTLS, _ port: UInt16) throws -> RawClient.Response {
        let client = try RawClient(port, tls: tls, timeout: .seconds(60))
        let target = "/puppet/v3/catalog/\(certnames[number % certnames.count])?environment=production&agent=\(number)"
        return try client.exchange(Requests.make("POST", target, fields: ["Content-Type: application/x-www-form-urlencoded"], body: form))
    }

    /// As long as a real one.
    private static let form = "facts_format=application%2Fjson&facts=" + String(repeating: "x", count: 10_900) + "&environment=production"
}
