import StandIn
import TestKit

/// Instances at several sites, of one CA, each with a port for instances and a configuration of its own that names all of them.
final class TrunkScene {
    struct Instance {
        let name: String
        let site: String
        let port: LoopbackPort
    }

    let scene = try! Scene()
    let instances: [Instance]
    /// nil: everything is on loopback.
    private let network: WideAreaNetwork?
    /// The pool's entry: lines besides its servers, and those.
    var poolLines = ["check: { inter: 100ms, fastinter: 50ms, downinter: 100ms, timeout: 5s, rise: 1, fall: 1 }", "panic: 0%"]
    var locality = "via: instances, direct: false"
    var servers: [String] = []
    var owner = "first"
    var timeouts = "connect: 5s"
    var limits = "unverified_share: 100%, holder_share: 100%"
    var instanceCheck = "inter: 100ms, rise: 1, fall: 1, timeout: 5s"

    /// - Parameters:
    ///   - names: `NAME.SITE`
    ///   - network: the sites' networks, in the order in which `names` has them; one instance a site then
    init(_ names: String..., on network: WideAreaNetwork? = nil) throws {
        self.network = network
        instances = try names.enumerated().map { index, name in
            let port = try network.map { network in
                try network.networks[index].enter { try LoopbackPort(address: WideAreaNetwork.address(ofSite: index)) }
            }
            return Instance(name: name, site: String(name.split(separator: ".")[1]), port: try port ?? LoopbackPort())
        }
        for instance in instances {
            let name = instance.name
            let names = ["puppet.test", "localhost", name + ".test"]
            let profile = CertificateProfile(name + ".test", names: names, addresses: ["127.0.0.1", instance.port.address])
            try scene.authority.issue(profile).write(to: scene.folder.path, as: name)
        }
    }

    /// A server of a site, as the pool has it.
    func add(_ server: StandInServer, site: String, _ rest: String = "") {
        servers.append(Configuration.server(server.name, server.address, "site: \(site)" + (rest.isEmpty ? "" : ", " + rest)))
    }

    func socket(_ name: String) -> RuntimeSocket { RuntimeSocket(scene, name + ".sock") }

    func text(for name: String) -> String {
        let own = instances.first { $0.name == name }!
        let tls = "ca: ca.pem, crl: crl.pem, certificate: { chain: \(name).pem, key: \(name).key }"
        let listenerTLS = "certificate: { chain: \(name).pem, key: \(name).key }, client_ca: ca.pem, crl: crl.pem"
        let sites = instances.map(\.site).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        var lines = ["site: \(own.site)", "instance: \(name)", "limits: { \(limits) }", "sites:"]
        for site in sites {
            let near = sites.filter { $0 != site }.joined(separator: ", ")
            lines.append("  \(site):")
            lines += ["    near: [\(near)]", "    owner: \(owner)", "    instances:"]
            for instance in instances where instance.site == site {
                lines.append(
                    "      - { name: \(instance.name), address: \"\(instance.port.text)\", certname: \(instance.name).test, tls: { \(tls) },"
                        + " check: { \(instanceCheck) } }")
            }
        }
        lines += ["listeners:", "  - { name: agents, address: \"127.0.0.1:0\", tls: { \(listenerTLS) } }"]
        lines.append("  - { name: instances, address: \"\(own.port.text)\", instances: true, tls: { \(listenerTLS) } }")
        lines += [socket(name).line(), "pools:", "  compilers:", "    locality: { \(locality) }", "    timeouts: { \(timeouts) }"]
        lines += poolLines.map { "    " + $0 } + ["    servers:"] + servers.map { "      - " + $0 }
        lines += ["environments: { default: compilers }"]
        return lines.map { $0 + "\n" }.joined()
    }

    func start(_ name: String) throws -> ProxyProcess {
        try scene.folder.write(text(for: name), to: name + ".yaml")
        let start = { [scene] in try ProxyProcess(configuration: scene.folder.path + "/" + name + ".yaml") }
        guard let network, let index = instances.firstIndex(where: { $0.name == name }) else { return try start() }
        return try network.networks[index].enter(start)
    }

    func connect(_ proxy: ProxyProcess, as certname: String? = "agent.test") throws -> RawClient { try scene.connect(proxy, as: certname) }

    /// Waits until the instance knows how these stand: `NAME: UP` or `NAME: DOWN`, as `show stat` has them.
    func waits(_ name: String, for states: [String: String]) -> Bool {
        waitUntil(within: .seconds(30)) {
            states.allSatisfy { (try? socket(name).stat("compilers", $0.key)["status"])?.hasPrefix($0.value) == true }
        }
    }

    /// Waits until each instance knows that those to which it may send are up.
    func allKnowEachOther() -> Bool {
        instances.allSatisfy { own in
            waitUntil(within: .seconds(30)) {
                instances.allSatisfy { other in
                    let status = try? socket(own.name).stat("compilers", other.name)["status"]
                    return status?.hasPrefix("UP") ?? true
                }
            }
        }
    }
}
