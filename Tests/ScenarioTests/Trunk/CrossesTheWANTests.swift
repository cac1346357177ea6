import Glibc
import StandIn
import TestKit
import Testing

/// A herd of 600 agents whose servers are dead, at one of three sites with 50 ms between them, and the agents of the two others.
@Suite(.serialized, .enabled(if: NetworkNamespace.isAvailable, "needs root, for networks of its own"))
struct CrossesTheWANTests {
    private static let agents = [600, 60, 60]

    private func report(_ name: String, _ herd: HerdScene, _ outcomes: [HerdScene.Outcome], _ connections: Int) {
        let times = [0.5, 0.99].map { HerdScene.quantile(outcomes, site: 0, $0) }
        let most = herd.servers.map { "\($0.name) \($0.maximumRunningCount)" }
        print(
            "WAN, \(name): \(connections) connections of 600 agents' requests to other sites; first byte \(times[0]) ms (median), \(times[1]) ms (99%);"
                + " most requests at once with maxconn \(HerdScene.slots): \(most.joined(separator: ", "))")
    }

    @Test func theTrunkNeedsFewConnectionsAndKeepsMaxconn() throws {
        for (name, locality) in [("servers", "via: servers"), ("instances", "via: instances, direct: false")] {
            let herd = try HerdScene(locality: locality, checks: false)
            #expect(herd.isReady())
            let before = herd.network.connectionCount(from: 0)
            let outcomes = try herd.send(Self.agents)
            let connections = herd.network.connectionCount(from: 0) - before
            report("via " + name, herd, outcomes, connections)
            #expect(outcomes.count { $0.status != 200 } == 0, "\(outcomes.first { $0.status != 200 }!) \(herd.proxies[0].messages)")
            let most = herd.servers[2...].map(\.maximumRunningCount)
            if name == "instances" {
                #expect(most == [4, 4, 4, 4])
                // A connection for each worker and site, and what a queue of 600 needs more.
                #expect(connections <= 10)
            }
        }
    }

    /// While 600 agents wait, the instance that owns knossos' queue is killed, and started again.
    @Test func noRunFailsWhereAnOwnerIsKilled() throws {
        let herd = try HerdScene(locality: "via: instances, direct: false", checks: true)
        #expect(herd.isReady())
        let outcomes = try herd.send([600, 0, 60]) {
            #expect(waitUntil(within: .seconds(60)) { herd.servers[2].requestCount > 20 })
            herd.proxies[1].child.signal(SIGKILL)
            #expect(herd.trunk.waits("pf1.eie", for: ["pf1.knossos": "DOWN"]))
            try herd.restart(1)
            #expect(herd.trunk.waits("pf1.eie", for: ["pf1.knossos": "UP"]))
        }
        report("owner killed", herd, outcomes, herd.network.connectionCount(from: 0))
        #expect(outcomes.count { $0.status != 200 } == 0, "\(outcomes.first { $0.status != 200 }!) \(herd.proxies[0].messages)")
        #expect(herd.servers[2...].map(\.maximumRunningCount) == [4, 4, 4, 4])
        // The first request closes the circuit breaker.
        let later = try herd.send([1, 0, 0]) + herd.send([40, 0, 0])
        #expect(later.allSatisfy { $0.status == 200 })
        let served = { herd.proxies[1].log.count { $0.status == 200 } }
        #expect(waitUntil { served() == 41 }, "it owns its queue again: \(served()) \(herd.proxies[0].messages.suffix(9))")
    }
}
