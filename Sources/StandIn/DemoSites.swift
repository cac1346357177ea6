/// The demo's three sites: two compilers each, one CA, and the proxy's configuration for them.
package final class DemoSites: Sendable {
    package struct Site: Sendable {
        package let name: String
        package let servers: [StandInServer]
        package var requestCount: Int { servers.reduce(0) { $0 + $1.requestCount } }
    }

    /// The proxy's own site first, then the others from near to far.
    package let sites: [Site]
    package let certificateServer: StandInServer
    package let authority: StandInAuthority
    /// The token of the stats page.
    package let pageToken: String
    private let folder: String

    /// Starts every server.
    /// - Parameter folder: an existing folder for certificates, configuration and log
    package init(folder: String, compileTime: Duration = .milliseconds(40)) throws {
        self.folder = folder
        authority = try StandInAuthority(name: "demo")
        pageToken = (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }.joined(separator: "-")
        var certificateOptions = StandInServer.Options()
        certificateOptions.name = "ca"
        certificateOptions.authority = authority
        certificateServer = try StandInServer(certificateOptions)
        sites = try ["eie", "knossos", "louros"].map { site in
            let servers = try (1...2).map { number in
                var options = StandInServer.Options()
                options.name = "\(site)-\(number)"
                options.compileTime = compileTime
                return try StandInServer(options)
            }
            return Site(name: site, servers: servers)
        }
        for server in allServers { try server.start() }
    }

    private var allServers: [StandInServer] { [certificateServer] + sites.flatMap(\.servers) }

    package func stop() {
        for server in allServers { server.stop() }
    }

    /// Writes certificates and `puppetfront.yaml`; gives the latter's path.
    /// - Parameter port: where the proxy listens, 0 for a free one
    package func writeConfiguration(port: UInt16) throws -> String {
        try authority.writeTrust(to: folder)
        let profile = CertificateProfile("puppet.test", names: ["puppet", "localhost"], addresses: ["127.0.0.1"])
        try authority.issue(profile).write(to: folder)
        let rows = sites.flatMap { site in
            site.servers.map { "      - { name: \($0.name), address: \"\($0.address)\", site: \(site.name) }\n" }
        }
        let near = sites.map { site in
            let others = sites.map(\.name).filter { $0 != site.name }.joined(separator: ", ")
            return "  \(site.name): { near: [\(others)], ca: ca }\n"
        }
        let text = """
            site: \(sites[0].name)
            sites:
            \(near.joined())
            listeners:
              - name: agents
                address: "127.0.0.1:\(port)"
                tls:
                  certificate: { chain: puppet.test.pem, key: puppet.test.key }
                  client_ca: ca.pem
                  crl: crl.pem
            defaults:
              pool:
                check: { request: "GET /status/v1/simple", expect: { status: 200, body: running }, inter: 500ms, downinter: 300ms, timeout: 1s, rise: 1, fall: 2 }
              server: { maxconn: 12 }
            pools:
              compilers:
                balance: least-connections
                retry: { attempts: 3 }
                servers:
            \(rows.joined())
              ca:
                servers:
                  - { name: ca, address: "\(certificateServer.address)", site: \(sites[0].name) }
            environments:
              default: compilers
            admin:
              socket: { path: admin.sock }
              http: { address: "127.0.0.1:0", allow_changes: true, token_file: page-token }
            timeouts: { drain: 5s }
            logs: { access: { to: access.log, format: json }, level: info }

            """
        try PrivateFile.write(pageToken + "\n", to: folder + "/page-token", mode: 0o600)
        let path = folder + "/puppetfront.yaml"
        try PrivateFile.write(text, to: path, mode: 0o644)
        return path
    }
}
