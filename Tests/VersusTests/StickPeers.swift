import Foundation
import StandIn
import TestKit

/// A real HAProxy and a puppetfront that share the sticks of two pools, `sources` (addresses) and `compilers` (names), over two links that the
/// test can cut. Each can be started again.
final class StickPeers {
    struct Stick: Equatable, CustomStringConvertible {
        let key: String
        let server: String
        /// Milliseconds.
        let expires: Int
        var description: String { "\(key) -> \(server) for \(expires) ms" }
    }

    static let expiry = 900_000
    let folder: TemporaryFolder
    let ports: [String: LoopbackPort]
    private let relays: [TCPRelay]
    private(set) var haproxy: ChildProcess?
    private(set) var ours: ProxyProcess?
    private let lines: [String]
    private let haproxyLines: [String]
    private let tlsWords: String
    private let keyWords: String

    /// - Parameters:
    ///   - tls: both show a certificate of one CA, and ask for one
    ///   - keyWords: of HAProxy's table of names
    /// Of the CA's, with a name that is no member's; nil: without TLS.
    private(set) var stranger: Credential?

    init(tls: Bool = false, keyWords: String = "", expiry: String = "15m", size: String = "300k") throws {
        folder = try TemporaryFolder()
        let own = (haproxy: try LoopbackPort(), ours: try LoopbackPort())
        relays = [try TCPRelay(to: own.ours), try TCPRelay(to: own.haproxy)]
        ports = ["haproxy": own.haproxy, "ours": own.ours]
        self.keyWords = keyWords
        var tlsLine = ""
        var words = ""
        if tls {
            let authority = try StandInAuthority()
            stranger = try authority.issue("agent.test")
            for name in ["hap", "pf"] {
                try authority.issue(CertificateProfile(name, names: ["localhost"])).write(to: folder.path, as: name)
                try folder.write(folder.read("\(name).pem") + folder.read("\(name).key"), to: "\(name)-both.pem")
            }
            try folder.write(authority.caPEM(), to: "ca.pem")
            tlsLine = ", tls: { certificate: { chain: pf.pem, key: pf.key }, ca: ca.pem }"
            words = " ssl crt \(folder.path)/hap-both.pem ca-file \(folder.path)/ca.pem verify required"
        }
        tlsWords = words
        let server = "servers: [ { name: p1, address: \"127.0.0.1:9\" }, { name: p2, address: \"127.0.0.1:10\" } ]"
        func pool(_ name: String, _ on: String) -> String {
            "  \(name): { identity: none, stick: { on: \(on), expire: \(expiry), size: \(size), peers: grnet }, \(server) }"
        }
        lines = [
            "listeners: { name: agents, address: \"127.0.0.1:0\" }", "pools:", pool("sources", "source"), pool("compilers", "certname"),
            "environments: { default: compilers }",
            "admin: { socket: { path: \(folder.path)/pf.sock, mode: \"0600\" } }",
            "peers: { grnet: { local: pf, members: { hap: \"\(relays[1].port.text)\", pf: \"\(own.ours.text)\" }\(tlsLine) } }", "",
        ]
        haproxyLines = [
            "global", "  stats socket \(folder.path)/hap.sock level admin", "  localpeer hap", "  tune.bufsize 16384", "defaults",
            "  mode http",
            "  timeout client 5s", "  timeout server 5s", "  timeout connect 5s", "peers grnet",
        ]
        try folder.write(lines.joined(separator: "\n"), to: "pf.yaml")
        try folder.write(haproxyText(), to: "hap.cfg")
    }

    private func haproxyText() -> String {
        var text = haproxyLines
        if tlsWords.isEmpty {
            text += ["  peer hap \(ports["haproxy"]?.text ?? "")", "  peer pf \(relays[0].port.text)"]
        } else {
            text += [
                "  bind \(ports["haproxy"]?.text ?? "")\(tlsWords)", "  default-server\(tlsWords)", "  server hap",
                "  server pf \(relays[0].port.text)",
            ]
        }
        for (name, type) in [("sources", "ip"), ("compilers", "string\(keyWords)")] {
            text += [
                "backend \(name)", "  stick-table type \(type) size 300k expire 15m store server_id,server_key peers grnet",
                "  server p1 127.0.0.1:9", "  server p2 127.0.0.1:10",
            ]
        }
        return text.joined(separator: "\n") + "\n"
    }

    func startHAProxy() throws {
        haproxy = nil
        haproxy = try ChildProcess(["/usr/sbin/haproxy", "-db", "-f", folder.path + "/hap.cfg"])
        let isReady = waitUntil { (try? UnixClient.ask(folder.path + "/hap.sock", "show info")) != nil || haproxy?.isRunning == false }
        guard isReady, haproxy?.isRunning == true else { throw HAProxy.Failure.notReady(haproxy?.errorLines ?? []) }
    }

    /// Killed: all that it knew is lost.
    func killHAProxy() { haproxy = nil }

    func startOurs(_ arguments: [String] = []) throws {
        ours = try ProxyProcess(configuration: folder.path + "/pf.yaml", arguments: arguments)
    }

    func takeOver() throws -> ProxyProcess? {
        let old = ours
        try startOurs(["--takeover"])
        return old
    }

    func killOurs() { ours = nil }

    func cut() { for relay in relays { relay.cut() } }
    func restore() throws { for relay in relays { try relay.restore() } }

    func askHAProxy(_ line: String) throws -> String { try UnixClient.ask(folder.path + "/hap.sock", line) }
    func askOurs(_ line: String) throws -> String { try UnixClient.ask(folder.path + "/pf.sock", line) }

    /// The entries of a table, by key.
    static func sticks(_ text: String) -> [Stick] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            var fields: [Substring: String] = [:]
            for word in line.split(separator: " ") {
                let parts = word.split(separator: "=", maxSplits: 1)
                if parts.count == 2 { fields[parts[0]] = String(parts[1]) }
            }
            guard let key = fields["key"], let server = fields["server_id"], let left = fields["exp"].flatMap({ Int($0) }) else {
                return nil
            }
            return Stick(key: key, server: server, expires: left)
        }.sorted { $0.key < $1.key }
    }

    func sticks(_ table: String) throws -> (haproxy: [Stick], ours: [Stick]) {
        (StickPeers.sticks(try askHAProxy("show table \(table)")), StickPeers.sticks(try askOurs("show table \(table)")))
    }

    /// Whether both come to know the same, `count` sticks, with expiries that differ by at most `tolerance` milliseconds.
    func agree(_ table: String, on count: Int, within timeout: Duration = .seconds(30), tolerance: Int = 10_000) throws -> Bool {
        // The heads first: to list many entries takes long.
        let head = "# table: \(table), "
        func counts(_ text: String) -> Bool { text.split(separator: "\n").contains { $0.hasPrefix(head) && $0.hasSuffix("used:\(count)") } }
        guard try waitUntil(within: timeout, { try counts(askHAProxy("show table")) && counts(askOurs("show table")) }) else {
            return false
        }
        return try waitUntil(within: timeout) {
            let (theirs, own) = try sticks(table)
            guard theirs.count == count, own.count == count else { return false }
            return zip(theirs, own).allSatisfy { $0.key == $1.key && $0.server == $1.server && abs($0.expires - $1.expires) <= tolerance }
        }
    }
}
