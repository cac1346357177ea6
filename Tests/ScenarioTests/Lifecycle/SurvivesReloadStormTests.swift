import StandIn
import TestKit
import Testing

/// A hundred reloads, one after the other, while agents come, wait for catalogs and stay connected: not one of them notices.
struct SurvivesReloadStormTests {
    private static let reloadCount = 100
    /// A long CRL makes each state that is kept too long weigh a megabyte.
    private static let serials = 100_000..<104_000
    private static let allowedGrowth = 8 << 20

    @Test func noAgentNoticesAndNothingIsLeft() throws {
        let storm = try Storm(serials: Self.serials)
        defer { storm.load.stop() }
        let idleDescriptors = storm.proxy.child.descriptorCount
        try storm.startAgents()
        var memory: [Int: Int] = [:]
        for number in 1...Self.reloadCount {
            let answered = storm.load.answerCount
            try storm.reload(number)
            // Some agents go by each state.
            #expect(waitUntil { storm.load.answerCount >= answered + 8 }, "after reload \(number): \(storm.load.faults)")
            memory[number] = storm.proxy.child.memory("VmRSS")
        }
        storm.load.stop()
        let faults = storm.load.faults
        #expect(faults.isEmpty, "\(faults.count), such as \(faults.prefix(3))")
        for agent in ReloadStormLoad.Agent.allCases { #expect(storm.load.answers[agent, default: 0] > 10, "\(agent)") }
        #expect(storm.load.resumedCount > 10)
        for server in storm.servers { server.dropConnections() }
        // Checks come and go; a descriptor lost in each reload would make a hundred.
        #expect(waitUntil(within: .seconds(60)) { storm.proxy.child.descriptorCount <= idleDescriptors + 4 })
        let mebibytes = [1, 20, 60, 100].map { "\($0): \((memory[$0] ?? 0) >> 10) KiB" }
        print(
            "reload storm: \(storm.load.answers), \(storm.load.resumedCount) resumed; resident after reload \(mebibytes)",
            "; descriptors \(idleDescriptors) before, \(storm.proxy.child.descriptorCount) after")
        #expect((memory[100] ?? .max) - (memory[20] ?? 0) < Self.allowedGrowth, "\(memory.sorted { $0.key < $1.key })")
    }

    /// The same agents, while instances take over from each other between reloads.
    @Test func noAgentNoticesTenTakeovers() throws {
        let storm = try Storm(serials: Self.serials)
        defer { storm.load.stop() }
        let idleDescriptors = storm.proxy.child.descriptorCount
        try storm.startAgents()
        for number in 1...10 {
            for reload in [2 * number, 2 * number + 1] {
                let answered = storm.load.answerCount
                try storm.reload(reload)
                #expect(waitUntil { storm.load.answerCount >= answered + 8 }, "after reload \(reload): \(storm.load.faults)")
            }
            try storm.takeOver()
        }
        let answered = storm.load.answerCount
        #expect(waitUntil { storm.load.answerCount >= answered + 50 })
        storm.load.stop()
        let faults = storm.load.faults
        #expect(faults.isEmpty, "\(faults.count), such as \(faults.prefix(3))")
        for old in storm.former { #expect(old.child.waitForEnd(within: .seconds(30)) == 0) }
        for server in storm.servers { server.dropConnections() }
        #expect(waitUntil(within: .seconds(60)) { storm.proxy.child.descriptorCount <= idleDescriptors + 4 })
        print(
            "takeovers: \(storm.load.answers), \(storm.load.resumedCount) resumed; resident in the last \(storm.proxy.child.memory("VmRSS") >> 10) KiB",
            "; descriptors \(idleDescriptors) before, \(storm.proxy.child.descriptorCount) after")
    }

    /// The proxy, its servers, and what is changed about it.
    private final class Storm {
        let scene: Scene
        let other: StandInAuthority
        let servers: [StandInServer]
        private(set) var proxy: ProxyProcess
        /// Whose place others have taken.
        private(set) var former: [ProxyProcess] = []
        let load: ReloadStormLoad
        private let socket: RuntimeSocket
        private var reloadsSeen = 0
        private var refusalsSeen = 0

        init(serials: Range<Int>) throws {
            scene = try Scene()
            other = try StandInAuthority(name: "other")
            scene.authority.revoke(serials: serials)
            socket = RuntimeSocket(scene)
            let (scene, other) = (scene, other)
            servers = try (1...4).map { try scene.server("s\($0)") { $0.idleTimeout = .seconds(120) } }
            for server in servers { server.answer(ReloadStormLoad.answer) }
            try Storm.writeTrust(scene, other)
            proxy = try Storm.start(scene, servers, socket)
            load = ReloadStormLoad(proxy.port())
        }

        private static func start(_ scene: Scene, _ servers: [StandInServer], _ socket: RuntimeSocket) throws -> ProxyProcess {
            try scene.start(configuration(0, servers, socket))
        }

        func startAgents() throws {
            let trusted = try scene.authority.caPEM() + other.caPEM()
            for agent in ReloadStormLoad.Agent.allCases {
                for number in 1...(agent == .compiling ? 4 : 2) {
                    let certname = "\(agent)\(number).test"
                    // Half of them have certificates of the other CA.
                    let credential = try (number == 1 ? scene.authority : other).issue(certname)
                    load.start(agent, try .client(credential, caPEM: trusted), certname: certname)
                }
            }
        }

        /// Changes something, lets it be read, and waits until that is done.
        func reload(_ number: Int) throws {
            if number % 9 == 0 { try refuse(number) }
            if number % 50 == 0 {
                try changeLists(number)
                reloadsSeen += 1
                return expect(reloadsSeen, "reloaded", within: .seconds(40))
            }
            try scene.write(Storm.configuration(number, servers, socket))
            if number % 3 == 0 { try changeLists(number) }
            if number % 5 == 0 { try renewCertificate(number) }
            try ask(number)
            reloadsSeen += 1
            expect(reloadsSeen, "reloaded")
        }

        func takeOver() throws {
            former.append(proxy)
            proxy = try ProxyProcess(configuration: scene.folder.path + "/puppetfront.yaml", arguments: ["--takeover"])
            (reloadsSeen, refusalsSeen) = (0, 0)
        }

        /// Breaks a file, asks for a reload, which must be refused, and mends it.
        private func refuse(_ number: Int) throws {
            let name = ["puppetfront.yaml", "crl.pem", "proxy.key", "ca.pem"][number / 9 % 4]
            let before = try scene.folder.read(name)
            try scene.folder.write(String(before.dropLast(before.count / 2)) + "\nbroken: [", to: name)
            try ask(number + 1)
            refusalsSeen += 1
            expect(refusalsSeen, "reload refused")
            try scene.folder.write(before, to: name)
        }

        private func ask(_ number: Int) throws {
            if number % 2 == 0 { proxy.reload() } else { _ = try socket.ask("reload") }
        }

        private func expect(_ count: Int, _ word: String, within limit: Duration = .seconds(15)) {
            func messages() -> [String] { proxy.child.errorLines.filter { $0.contains(word) } }
            #expect(
                waitUntil(within: limit) { messages().count == count }, "\(count) times \"\(word)\": \(proxy.child.errorLines.suffix(5))")
        }

        private func changeLists(_ number: Int) throws {
            _ = try scene.authority.issue("gone\(number).test")
            scene.authority.revoke("gone\(number).test")
            try Storm.writeTrust(scene, other)
        }

        private func renewCertificate(_ number: Int) throws {
            let profile = CertificateProfile("puppet.test", names: ["localhost"], addresses: ["127.0.0.1"])
            try (number % 10 == 0 ? other : scene.authority).issue(profile).write(to: scene.folder.path, as: "proxy")
        }

        private static func writeTrust(_ scene: Scene, _ other: StandInAuthority) throws {
            try PrivateFile.write(scene.authority.caPEM() + other.caPEM(), to: scene.folder.path + "/ca.pem", mode: 0o644)
            try PrivateFile.write(scene.authority.crlPEM() + other.crlPEM(), to: scene.folder.path + "/crl.pem", mode: 0o644)
        }

        /// Servers come, go and change their weights and slots; routes, timeouts and a second pool come and go.
        private static func configuration(_ number: Int, _ servers: [StandInServer], _ socket: RuntimeSocket) -> Configuration {
            func entry(_ server: StandInServer) -> String {
                Configuration.server(server.name, server.address, "maxconn: \(3 + number % 3), weight: \(1 + number % 5)")
            }
            var entries = [entry(servers[0])]
            if number % 2 == 0 { entries.append(entry(servers[1])) }
            if number % 3 != 0 { entries.append(entry(servers[2])) }
            let hasSecond = number % 4 == 0
            var pools = [
                Configuration.Pool("compilers", ["balance: \(number % 2 == 0 ? "least-connections" : "round-robin")"], servers: entries)
            ]
            if hasSecond { pools.append(.init("second", servers: [entry(servers[3])])) }
            var made = Configuration(
                lines: [
                    "limits: { worker_threads: 2 }", socket.line(), "logs: { access: { to: none } }",
                    "timeouts: { client_idle: \(20 + number % 7)s, handshake: \(10 + number % 5)s }",
                ])
            made.pools = pools
            made.environments = ["default: compilers", "production: \(hasSecond && number % 8 == 0 ? "second" : "compilers")"]
            made.tlsLines = ["session_tickets: true"]
            return made
        }
    }
}
