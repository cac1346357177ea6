import Foundation
import StandIn
import Synchronization
import TestKit

/// Three sites on a WAN. eie's servers are dead, and its agents many; knossos and louros have two servers each, and agents of their own.
final class HerdScene {
    static let slots = 4
    /// How long a packet takes from site to site.
    static let delay = Duration.milliseconds(50)

    /// What one agent saw.
    struct Outcome: Sendable {
        let site: Int
        let status: Int?
        /// Milliseconds from the request to the response's first byte.
        let firstByte: Double
        let failure: String?
    }

    let network: WideAreaNetwork
    let trunk: TrunkScene
    let servers: [StandInServer]
    private(set) var proxies: [ProxyProcess] = []

    /// - Parameters:
    ///   - locality: the pool's
    ///   - checks: whether servers and instances are checked all the time; false: once, so that the WAN has the agents' connections alone
    init(locality: String, checks: Bool) throws {
        network = try WideAreaNetwork(siteCount: 3, delay: HerdScene.delay)
        trunk = try TrunkScene("pf1.eie", "pf1.knossos", "pf1.louros", on: network)
        let interval = checks ? "inter: 200ms, fastinter: 100ms, downinter: 200ms" : "inter: 10m, fastinter: 10m, downinter: 10m"
        trunk.locality = locality
        trunk.limits += ", per_certname: 0, connections: 5000"
        trunk.instanceCheck = interval + ", rise: 1, fall: 1, timeout: 5s"
        trunk.poolLines = [
            "panic: 0%", "check: { \(interval), timeout: 5s, rise: 1, fall: 1 }", "queue: { size: 5000, timeout: 120s }",
            "tls: { ca: ca.pem, crl: crl.pem, certificate: { chain: pf1.eie.pem, key: pf1.eie.key } }",
        ]
        var servers: [StandInServer] = []
        for (index, site) in ["eie", "knossos", "louros"].enumerated() {
            for number in 1...2 {
                let server = try HerdScene.server("p\(number)-\(site)", trunk.scene, network, index)
                trunk.add(server, site: site, "maxconn: \(HerdScene.slots)")
                servers.append(server)
            }
        }
        self.servers = servers
        for server in servers[..<2] { server.stop() }
        for instance in trunk.instances.reversed() { proxies.append(try trunk.start(instance.name)) }
        proxies.reverse()
    }

    private static func server(_ name: String, _ scene: Scene, _ network: WideAreaNetwork, _ index: Int) throws -> StandInServer {
        let address = WideAreaNetwork.address(ofSite: index)
        let credential = try scene.authority.issue(CertificateProfile(name + ".test", addresses: [address]))
        return try network.networks[index].enter {
            try scene.server(name) {
                $0.address = address
                $0.tls = try .server(credential)
                $0.compileTime = .milliseconds(100)
                $0.idleTimeout = .seconds(300)
            }
        }
    }

    deinit { network.end() }

    /// Waits until eie's instance knows whose servers are dead, and that the other instances are not.
    func isReady() -> Bool {
        let instances = trunk.locality.contains("instances") ? ["pf1.knossos": "UP", "pf1.louros": "UP"] : [:]
        return trunk.waits("pf1.eie", for: ["p1-eie": "DOWN", "p2-eie": "DOWN"].merging(instances) { $1 })
    }

    /// Restarts a site's instance after it was killed.
    func restart(_ index: Int) throws { proxies[index] = try trunk.start(trunk.instances[index].name) }

    /// Sends agents to their sites' instances at once, each for a catalog. `meanwhile` is called while they wait.
    func send(_ counts: [Int], meanwhile: () throws -> Void = {}) throws -> [Outcome] {
        let sites = counts.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
        let tls = try trunk.scene.tls()
        let (networks, ports) = (network.networks, proxies.map { $0.port() })
        let outcomes = Mutex<[Outcome]>([])
        let running = DispatchGroup()
        running.enter()
        Thread {
            let all = inParallel(sites, width: sites.count) { HerdScene.request(networks[$0], ports[$0], tls, site: $0) }
            outcomes.withLock { $0 = all }
            running.leave()
        }.start()
        try meanwhile()
        running.wait()
        return outcomes.withLock { $0 }
    }

    private static func request(_ network: NetworkNamespace, _ port: UInt16, _ tls: StandInTLS, site: Int) -> Outcome {
        do {
            let client = try network.enter { try RawClient(port, tls: tls, timeout: .seconds(120)) }
            let clock = ContinuousClock()
            let began = clock.now
            try client.send(Requests.catalog())
            let head = try client.readHead()
            let firstByte = (clock.now - began) / .milliseconds(1)
            let status = head.flatMap { Int($0.startLine.split(separator: " ").dropFirst().first ?? "") }
            return Outcome(site: site, status: status, firstByte: firstByte, failure: nil)
        } catch {
            return Outcome(site: site, status: nil, firstByte: 0, failure: "\(error)")
        }
    }

    /// Milliseconds to the first byte that so much of a site's agents had at most.
    static func quantile(_ outcomes: [Outcome], site: Int, _ share: Double) -> Int {
        let times = outcomes.filter { $0.site == site }.map(\.firstByte).sorted()
        return times.isEmpty ? 0 : Int(times[min(times.count - 1, Int(Double(times.count) * share))])
    }
}
