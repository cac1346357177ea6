import StandIn
import TestKit
import Testing

/// Certificates, CA files and CRLs that are replaced through the runtime socket, seen from agents.
struct AdminSocketMaterialsTests {
    private func start(_ scene: Scene) throws -> (RuntimeSocket, ProxyProcess) {
        let server = try scene.server()
        scene.keep(server)
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line()]
        let proxy = try scene.start(configuration)
        scene.keep(proxy)
        return (socket, proxy)
    }

    private func set(_ socket: RuntimeSocket, _ kind: String, _ file: String, _ pem: String) throws -> String {
        try socket.ask("set ssl \(kind) \(file) <<END\n\(pem)\nEND")
    }

    private func name(_ socket: RuntimeSocket, _ kind: String) throws -> String {
        let line = try #require(try socket.ask("show ssl \(kind)").split(separator: "\n").dropFirst().first)
        return String(line.prefix { $0 != " " })
    }

    @Test func aCommittedListTurnsARevokedAgentAway() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        let bad = try scene.tls("bad.test")
        func status() -> Int? { try? RawClient(proxy.port(), tls: bad).exchange(Requests.metadata()).status }
        let kept = try RawClient(proxy.port(), tls: bad)
        #expect(try kept.exchange(Requests.metadata()).status == 200)
        scene.authority.revoke("bad.test")
        let file = try name(socket, "crl-file")
        #expect(file == scene.folder.path + "/crl.pem")
        // Larger than HAProxy's payloads may be: openssl writes such text above a list.
        let comment = String(repeating: "        Revocation Date: Nov 22 16:38:13 2026 GMT\n", count: 20_000)
        #expect(try set(socket, "crl-file", file, comment + scene.authority.crlPEM()) == "transaction created for CRL \(file)!\n")
        #expect(try kept.exchange(Requests.metadata()).status == 200, "staged is not in force")
        #expect(try socket.ask("show ssl crl-file *\(file)").contains("\nRevoked Certificates:\n    Serial Number: "))
        #expect(try socket.ask("commit ssl crl-file \(file)") == "Committing \(file).\nSuccess!\n")
        // Workers install it one after the other, a moment after the reply.
        var last: RawClient.Response?
        let isRefused = try waitUntil {
            last = try kept.exchange(Requests.metadata())
            return last?.status == 403
        }
        #expect(isRefused && last?.text.contains("revoked") == true)
        #expect(kept.isClosed())
        #expect(waitUntil { status() == nil })
        #expect(try scene.connect(proxy, as: "good.test").exchange(Requests.metadata()).status == 200)
        // In memory alone: the file still knows nothing of it, and takes nothing back.
        let reply = try socket.ask("reload")
        #expect(reply.hasPrefix("Reloaded: generation 2.\n"))
        #expect(reply.contains("\(file): CRL of CN=Puppet CA: stand-in has number 0, the one in force 1: refused (crl_shrink)"), "\(reply)")
        #expect(status() == nil)
        try scene.authority.writeRevocationLists(to: scene.folder.path)
        #expect(try socket.ask("reload") == "Reloaded: generation 3.\n")
        #expect(status() == nil)
        #expect(try scene.connect(proxy, as: "good.test").exchange(Requests.metadata()).status == 200)
    }

    @Test func aCommittedCertificateIsServed() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        let old = try #require(try scene.connect(proxy).stream.peerCertificate?.serial)
        let profile = CertificateProfile("puppet.test", names: ["localhost"], addresses: ["127.0.0.1"])
        let fresh = try scene.authority.issue(profile)
        _ = try fresh.write(to: scene.folder.path, as: "fresh")
        let file = try name(socket, "cert")
        #expect(
            try set(socket, "cert", file, scene.folder.read("fresh.pem") + scene.folder.read("fresh.key"))
                == "Transaction created for certificate \(file)!\n")
        #expect(try socket.ask("show ssl cert *\(file)").contains("\nSubject Alternative Name: DNS:"))
        #expect(try socket.ask("commit ssl cert \(file)") == "Committing \(file).\nSuccess!\n")
        #expect(try waitUntil { try scene.connect(proxy).stream.peerCertificate?.serial == fresh.certificate.serial })
        #expect(old != fresh.certificate.serial)
        #expect(try socket.ask("commit ssl cert \(file)") == "No ongoing transaction! !\nCan't commit \(file)!\n")
    }

    @Test func whatWasSetAtRunTimeStays() throws {
        let scene = try Scene()
        let credential = try scene.authority.issue(CertificateProfile("server.test", names: ["localhost"], addresses: ["127.0.0.1"]))
        let servers = try ["s1", "moved", "added"].map { name in
            let server = try scene.server(name) { $0.tls = try .server(credential) }
            scene.keep(server)
            return server
        }
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(servers[0].address, lines: ["balance: round-robin", "tls: { ca: ca.pem, crl: crl.pem }"])
        configuration.lines = [socket.line()]
        let proxy = try scene.start(configuration)
        _ = try socket.ask("set weight compilers/s1 7; set server compilers/s1 addr 127.0.0.1 port \(servers[1].port.number)")
        _ = try socket.ask("add server compilers/s2 \(servers[2].address); enable server compilers/s2; disable frontend plain")
        let client = try scene.connect(proxy)
        func compilers() throws -> Set<String> {
            Set(try (1...16).compactMap { _ in try client.exchange(Requests.catalog()).field("X-Puppet-Compiler-Name") })
        }
        #expect(try compilers() == ["moved", "added"])
        let connections = servers[1].acceptedCount
        let file = try name(socket, "crl-file")
        _ = try set(socket, "crl-file", file, scene.authority.crlPEM())
        #expect(try socket.ask("commit ssl crl-file \(file)") == "Committing \(file).\nSuccess!\n")
        #expect(try compilers() == ["moved", "added"])
        #expect(try waitUntil { try compilers() == ["moved", "added"] && servers[1].acceptedCount > connections }, "with the new list")
        #expect(try socket.stat("compilers", "s1")["weight"] == "7")
        #expect(try socket.stat("plain", "FRONTEND")["status"] == "PAUSED")
    }

    @Test func whatDoesNotFitChangesNothing() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        let stranger = try StandInAuthority(name: "stranger")
        let (certificate, authority, list) = (try name(socket, "cert"), try name(socket, "ca-file"), try name(socket, "crl-file"))
        #expect(
            try set(socket, "crl-file", list, "-----BEGIN X509 CRL-----\nnonsense\n-----END X509 CRL-----")
                == "Invalid payload\nCan't update \(list)!\n")
        #expect(try socket.ask("commit ssl crl-file \(list)") == "No ongoing transaction! !\nCan't commit \(list)!\n")
        _ = try set(socket, "crl-file", list, stranger.crlPEM())
        #expect(
            try socket.ask("commit ssl crl-file \(list)").contains(
                "holds no CRL of CN=Puppet CA: stand-in any more; the one in force stays"))
        _ = try set(socket, "ca-file", authority, stranger.caPEM())
        #expect(try socket.ask("commit ssl ca-file \(authority)").hasSuffix("\nCan't commit \(authority)!\n"))
        #expect(try socket.ask("abort ssl ca-file \(authority)") == "Transaction aborted for certificate '\(authority)'!\n")
        _ = try scene.authority.issue("other.test").write(to: scene.folder.path, as: "other")
        _ = try set(socket, "cert", certificate, scene.folder.read("other.pem"))
        #expect(
            try socket.ask("commit ssl cert \(certificate)")
                == "The transaction must contain at least a certificate and a private key!\nCan't commit \(certificate)!\n")
        _ = try set(socket, "cert", certificate, scene.folder.read("other.pem") + scene.folder.read("proxy.key"))
        #expect(
            try socket.ask("commit ssl cert \(certificate)")
                == "inconsistencies between private key and certificate loaded '\(certificate)'.\nCan't commit \(certificate)!\n")
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
    }
}
