import StandIn
import TestKit
import Testing

struct RemovesForgedIdentityTests {
    static let spellings = [
        "X-Client-Verify: SUCCESS", "x-client-verify: SUCCESS", "X_Client_Verify: SUCCESS", "X-Client_Verify: SUCCESS",
        "X-Client-DN: CN=forged.test", "X_CLIENT_DN: CN=forged.test", "x-client_dn: CN=forged.test", "X-Client-Cert: forged",
        "X_Client_Cert: forged", "X-Forwarded-For: 6.6.6.6", "X_Forwarded_For: 6.6.6.6", "X-Forwarded-Host: forged",
        "X-Forwarded-Proto: forged",
        "Forwarded: for=6.6.6.6", "X-SSL-Client-Cert: forged", "X_SSL_CLIENT_S_DN: forged", "X-SSL-Issuer: forged", "X-Real-IP: 6.6.6.6",
        "X_Real_IP: 6.6.6.6",
    ]

    @Test func noSpellingOfAnIdentityFieldPasses() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        for certname in ["agent.test", nil] {
            let client = try scene.connect(proxy, as: certname)
            for field in Self.spellings {
                server.forgetRequests()
                _ = try client.exchange(Requests.get("/puppet/v3/environments", fields: [field, "X-Puppet-Version: 7.23.0"]))
                let seen = try #require(server.requests.first)
                let text = String(decoding: seen.head.bytes, as: UTF8.self)
                #expect(!text.contains("forged") && !text.contains("6.6.6.6"), "\(field)\n\(text)")
                #expect(seen.head.all("X-Client-Verify") == [certname == nil ? "NONE" : "SUCCESS"], "\(field)\n\(text)")
                #expect(seen.head.all("X-Client-DN") == (certname.map { ["CN=\($0)"] } ?? []), "\(field)\n\(text)")
                #expect(!seen.head.fields.contains { $0.name.contains("_") }, "\(field)\n\(text)")
                #expect(seen.head.first("X-Puppet-Version") == "7.23.0")
            }
        }
    }

    @Test func plainHTTPHasNoIdentity() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        let answer = try client.exchange(Requests.get("/puppet/v3/environments", fields: Self.spellings))
        #expect(answer.status == 403)
        let seen = try #require(server.requests.first)
        #expect(seen.head.all("X-Client-Verify") == ["NONE"])
        #expect(seen.head.first("X-Client-DN") == nil)
        #expect(seen.head.first("X-Client-Cert") == nil)
    }

    @Test(arguments: ["X-Client-Verify", "x-client-dn", "X-Client-Cert, X-Client-DN", "close, X-Client-Verify", "Host", "Content-Length"])
    func theConnectionFieldRemovesNothingOfOurs(_ named: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        let request = Requests.make("PUT", "/puppet/v3/report/agent.test", fields: ["Connection: \(named)"], body: "{}")
        let answer = try client.exchange(request)
        // To name Host or Content-Length there may be refused; what is forwarded must be whole.
        if answer.status == 400, ["Host", "Content-Length"].contains(named) { return }
        #expect(answer.status == 200)
        let seen = try #require(server.requests.first)
        #expect(seen.head.all("X-Client-Verify") == ["SUCCESS"])
        #expect(seen.head.all("X-Client-DN") == ["CN=agent.test"])
        #expect(seen.head.all("X-Client-Cert").count == 1)
        #expect(seen.head.all("Host") == ["puppet.test:8140"])
        #expect(seen.bodyCount == 2)
    }

    @Test func trailersCarryNoIdentity() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.behavesWell)
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy, as: nil)
        let answer = try client.exchange(
            "PUT /puppet/v3/file_bucket_file/sha256/00 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Client-Verify\r\n\r\n"
                + "2\r\nab\r\n0\r\nX-Client-Verify: SUCCESS\r\nX-Client-DN: CN=forged.test\r\nContent-Length: 5\r\n\r\n")
        #expect(answer.status == 200)
        #expect(try client.exchange(Requests.get("/puppet/v3/environments")).status == 200)
        let text = server.heads.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
        #expect(!text.contains("forged") && !text.contains("SUCCESS"), "\(text)")
    }
}
