import HTTP1
import Model
import Testing

@Suite struct FieldKindTests {
    private static let names: [(String, FieldKind)] = [
        ("Keep-Alive", .keepAlive), ("Proxy-Connection", .proxyConnection), ("TE", .te), ("Upgrade", .upgrade), ("Trailer", .trailer),
        ("Proxy-Authenticate", .proxyAuthenticate), ("Proxy-Authorization", .proxyAuthorization), ("Expect", .expect),
        ("Content-Type", .contentType), ("Content-Encoding", .contentEncoding), ("Via", .via), ("X-Puppet-Version", .puppetVersion),
        ("X-Puppet-Compiler-Name", .puppetCompilerName), ("Retry-After", .retryAfter), ("Server", .server), ("Date", .date),
        ("X-Client-Verify", .identity), ("X-Client-DN", .identity), ("X-Client-Cert", .identity), ("X-Forwarded-For", .identity),
        ("X-Forwarded-", .identity), ("X-Forwarded-Client-Cert", .identity), ("Forwarded", .identity), ("X-SSL-Client-Verify", .identity),
        ("X-SSL-", .identity), ("X-Real-IP", .identity),
    ]

    @Test(arguments: names)
    func knowsNamesInAnyCase(name: String, kind: FieldKind) throws {
        for text in [name, name.lowercased(), name.uppercased()] {
            #expect(try parsed(text) == kind, "\(text)")
        }
    }

    @Test(arguments: names)
    func takesNothingElseForThem(name: String, kind: FieldKind) throws {
        let isPrefix = name.hasSuffix("-") || name.hasPrefix("X-Forwarded-") || name.hasPrefix("X-SSL-")
        if !isPrefix {
            #expect(try parsed(name + "x") == .other)
            #expect(try parsed(name + "-") == .other)
            #expect(try parsed(String(name.dropLast())) == .other)
        }
        #expect(try parsed("y" + name) == .other)
    }

    @Test(arguments: ["X_Client_Verify", "x-client_dn", "X_CLIENT-CERT", "x_forwarded_proto", "X-SSL_Subject", "x_ssl-", "X_Real_IP"])
    func takesUnderscoresForDashesInIdentityFields(name: String) throws {
        #expect(try parsed(name) == .identity)
    }

    @Test(arguments: [
        "Content_Length", "Transfer_Encoding", "Content_Type", "Keep_Alive", "X_Puppet_Version", "X_Puppet_Compiler_Name", "X-Client.DN",
    ])
    func takesUnderscoresForNothingElse(name: String) throws {
        #expect(try parsed(name) == .other)
    }

    /// The last sixteen bytes of what there is are read another way than the bytes before them.
    @Test func knowsNamesAtTheVeryEnd() throws {
        let request = try #require(try ParsedRequest("GET / HTTP/1.1\r\nHost: a\r\nTE:\r\n\r\n"))
        #expect(request.fields.last == FieldText("TE", "", .te))
    }

    @Test func marksWhatConnectionNames() throws {
        let request = try #require(
            try ParsedRequest(
                "GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nConnection: x-one, Host,content-length ,x-client-dn, Expect,VIA, te\r\nContent-Length: 3\r\n"
                    + "X-Client-DN: CN=x\r\nX-ONE: 2\r\nx-one-more: 3\r\nConnection: x-three\r\nX-Three: 3\r\nExpect: 100-continue\r\nVia: 1.1 a\r\nTE: b\r\n\r\n"
            ))
        let kinds = request.head.fields.map(\.kind)
        #expect(
            kinds == [
                .host, .connectionNamed, .connection, .contentLength, .identity, .connectionNamed, .other, .connection, .connectionNamed,
                .expect,
                .connectionNamed, .te,
            ])
        #expect(request.head.framing == .contentLength(3))
        #expect(request.head.keepAlive == true)
    }

    private func parsed(_ name: String) throws -> FieldKind? {
        // Padding after it, or none, so that both ways of reading a name are taken.
        let padded = try ParsedRequest("GET / HTTP/1.1\r\n\(name): b\r\nHost: a\r\nX: aaaaaaaaaaaaaaaaaaaa\r\n\r\n")?.head.fields.first?
            .kind
        let last = try ParsedRequest("GET / HTTP/1.1\r\nHost: a\r\n\(name):\r\n\r\n")?.head.fields.last?.kind
        return padded == last ? padded : nil
    }
}
