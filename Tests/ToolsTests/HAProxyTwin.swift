import Foundation
import StandIn
import TestKit

/// HAProxy and puppetfront with the same names: frontends `agents` (TLS, with client certificates) and `spare`, the backend `compilers` with
/// `s1` and `s2`, and the same files. Both must reply to every command.
final class HAProxyTwin {
    let folder: TemporaryFolder
    let authority: StandInAuthority
    private let haproxy: ChildProcess
    private let puppetfront: ProxyProcess
    private let servers: [LoopbackPort]
    private let ports: [LoopbackPort]

    enum Failure: Error { case haproxyIsNotReady([String]) }

    init() throws {
        folder = try TemporaryFolder()
        authority = try StandInAuthority()
        try authority.writeTrust(to: folder.path)
        let files = try authority.issue(CertificateProfile("puppet.test", names: ["localhost"])).write(to: folder.path, as: "proxy")
        try folder.write(
            String(contentsOfFile: files.chain, encoding: .utf8) + String(contentsOfFile: files.key, encoding: .utf8), to: "both.pem")
        servers = try (1...2).map { _ in try LoopbackPort() }
        ports = try (1...2).map { _ in try LoopbackPort() }
        let (path, names) = (folder.path, ["s1", "s2"])
        let theirs = """
            global
              stats socket \(path)/haproxy.sock level admin
            defaults
              mode http
              timeout client 10s
              timeout server 10s
              timeout connect 10s
            frontend agents
              bind \(ports[0].text) ssl crt \(path)/both.pem ca-file \(path)/ca.pem crl-file \(path)/crl.pem verify optional
              default_backend compilers
            frontend spare
              bind \(ports[1].text)
              default_backend compilers
            backend compilers
              balance leastconn
            \(zip(names, servers).map { "  server \($0) \($1.text) check weight 10" }.joined(separator: "\n"))

            """
        let entries = zip(names, servers).map { "{ name: \($0), address: \"\($1.text)\", weight: 10 }" }.joined(separator: ", ")
        let ours = """
            admin: { socket: { path: \(path)/puppetfront.sock } }
            listeners:
              - name: agents
                address: "127.0.0.1:0"
                tls:
                  certificate: { chain: both.pem, key: both.pem }
                  client_ca: ca.pem
                  crl: crl.pem
              - { name: spare, address: "127.0.0.1:0" }
            pools:
              compilers: { check: { request: "GET /" }, servers: [\(entries)] }
            environments: { default: compilers }

            """
        puppetfront = try ProxyProcess(configuration: try folder.write(ours, to: "puppetfront.yaml"))
        haproxy = try ChildProcess(["/usr/sbin/haproxy", "-db", "-f", try folder.write(theirs, to: "haproxy.cfg")])
        guard waitUntil({ (try? ask("haproxy", "show backend")) != nil }) else { throw Failure.haproxyIsNotReady(haproxy.errorLines) }
    }

    /// The replies of HAProxy and of puppetfront.
    func ask(_ line: String) throws -> (haproxy: String, puppetfront: String) { (try ask("haproxy", line), try ask("puppetfront", line)) }

    private func ask(_ name: String, _ line: String) throws -> String { try UnixClient.ask("\(folder.path)/\(name).sock", line) }
}
