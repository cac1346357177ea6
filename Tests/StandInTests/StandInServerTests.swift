import StandIn
import TestKit
import Testing

struct StandInServerTests {
    private let agentFields = "Host: puppet.test\r\nX-Client-Verify: SUCCESS\r\nX-Client-DN: CN=a.test\r\n"

    @Test func believesTheFieldsAndNothingElse() throws {
        let server = try started()
        let client = try RawClient(server.port.number)
        let path = "/puppet/v3/catalog/a.test?environment=production"
        let cases: [(fields: String, status: Int)] = [
            (agentFields, 200),
            ("Host: x\r\n", 403),
            ("Host: x\r\nX-Client-Verify: NONE\r\nX-Client-DN: CN=a.test\r\n", 403),
            ("Host: x\r\nX-Client-Verify: SUCCESS\r\nX-Client-DN: /CN=a.test\r\n", 200),
            ("Host: x\r\nX-Client-Verify: SUCCESS\r\nX-Client-DN: CN=b.test\r\n", 403),
            (agentFields + "X-Client-Cert: \r\n", 400),
            (agentFields + "X-Client-Cert: nonsense\r\n", 400),
        ]
        for row in cases {
            #expect(try client.exchange("GET \(path) HTTP/1.1\r\n\(row.fields)\r\n").status == row.status, "\(row.fields)")
        }
        #expect(server.requests.map(\.position) == Array(1...cases.count))
        #expect(server.requests.allSatisfy { $0.connection == 1 })
    }

    @Test func keepsHeadsExactlyAndContentsDigested() throws {
        let server = try started()
        let client = try RawClient(server.port.number)
        let head = "PUT /puppet/v3/report/a.test?environment=x HTTP/1.1\r\n\(agentFields)X-Odd :v\r\nContent-Length: 5\r\n\r\n"
        #expect(try client.exchange(head + "hello").status == 200)
        let seen = try #require(server.requests.first)
        #expect(String(decoding: seen.head.bytes, as: UTF8.self) == head)
        #expect(seen.bodyDigest == ContentDigest.of(Array("hello".utf8)))
        #expect(seen.bodyCount == 5)
    }

    @Test func answersChunkedContentsOfAnySize() throws {
        var options = StandInServer.Options()
        options.catalog = .chunked(200_001, chunk: 7000, pause: .zero)
        let server = try started(options)
        let client = try RawClient(server.port.number)
        let answer = try client.exchange("POST /puppet/v3/catalog/a.test HTTP/1.1\r\n\(agentFields)Content-Length: 0\r\n\r\n")
        #expect(answer.bodyCount == 200_001)
        #expect(answer.digest == StandInContent.digest(200_001))
        #expect(answer.field("X-Puppet-Compiler-Name") == "compiler")
    }

    /// Jetty's table: no SNI, or one name in the certificate, and Host does not matter.
    @Test(
        arguments: [
            (["two.test"], "one.test", "puppet.test:8140", 400), (["two.test"], "one.test", "two.test:8140", 200),
            (["two.test"], "one.test", "ONE.test", 200), (["two.test"], nil, "puppet.test", 200), ([], "one.test", "puppet.test", 200),
            (["*.wild.test"], "one.test", "a.wild.test:1", 200), (["*.wild.test"], "one.test", "", 400),
        ] as [([String], String?, String, Int)])
    func comparesSNIWithHostAsJetty(_ names: [String], _ sni: String?, _ host: String, _ status: Int) throws {
        let authority = try StandInAuthority()
        var options = StandInServer.Options()
        options.tls = try .server(try authority.issue(CertificateProfile("one.test", names: names)))
        let server = try started(options)
        let client = try RawClient(server.port.number, tls: try .client(), serverName: sni)
        let answer = try client.exchange("GET /status/v1/simple HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(answer.status == status)
        #expect((String(decoding: answer.body, as: UTF8.self) == "Host does not match SNI") == (status == 400))
    }

    @Test func stopsLikeAKilledProcessAndComesBackOnItsPort() throws {
        let server = try started()
        let client = try RawClient(server.port.number)
        #expect(try client.exchange("GET /status/v1/simple HTTP/1.1\r\nHost: x\r\n\r\n").text == "running")
        server.stop()
        #expect(client.isClosed())
        #expect(throws: StandInError.self) { try RawClient(server.port.number) }
        try server.start()
        #expect(try RawClient(server.port.number).exchange("GET /status/v1/simple HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
        #expect(server.requestCount == 0)
    }

    @Test func asksForTheProxysCertificateOverTLS() throws {
        let authority = try StandInAuthority()
        var options = StandInServer.Options()
        options.tls = try .server(authority.issue("compiler.test"), clients: .required, caPEM: authority.caPEM())
        let server = try started(options)
        let known = try StandInTLS.client(authority.issue("proxy.test"), caPEM: authority.caPEM())
        let client = try RawClient(server.port.number, tls: known)
        #expect(try client.exchange("GET /puppet/v3/environments HTTP/1.1\r\n\(agentFields)\r\n").status == 200)
        #expect(server.requests.first?.peer == "proxy.test")
        #expect(throws: StandInError.self) {
            let stranger = try RawClient(server.port.number, tls: .client(caPEM: authority.caPEM()))
            _ = try stranger.exchange("GET /puppet/v3/environments HTTP/1.1\r\n\(agentFields)\r\n")
        }
    }

    private func started(_ options: StandInServer.Options = .init()) throws -> StandInServer {
        let server = try StandInServer(options)
        try server.start()
        return server
    }
}
