import StandIn
import TestKit
import Testing

struct BadRequestsTests {
    struct Row: Sendable {
        let name: String
        let bytes: String
        let status: Int
        init(_ name: String, _ bytes: String, _ status: Int = 400) {
            self.name = name
            self.bytes = bytes
            self.status = status
        }
    }

    private static let start = "GET /puppet/v3/environments HTTP/1.1\r\n"
    private static let put = "PUT /puppet/v3/report/agent.test HTTP/1.1\r\nHost: x\r\n"

    static let rows = [
        Row("no HTTP", "nonsense\r\n\r\n"),
        Row("length and chunked", put + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Row("two lengths", put + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        Row("two lengths in one", put + "Content-Length: 5, 6\r\n\r\nhello"),
        Row("length with sign", put + "Content-Length: +5\r\n\r\nhello"),
        Row("negative length", put + "Content-Length: -5\r\n\r\nhello"),
        Row("length overflow", put + "Content-Length: 99999999999999999999999\r\n\r\n"),
        Row("last coding is not chunked", put + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
        Row("unknown coding", put + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        Row("chunked twice", put + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Row("chunked in HTTP/1.0", "PUT /puppet/v3/report/agent.test HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Row("space before colon", start + "Host : x\r\n\r\n"),
        Row("folded line", start + "Host: x\r\nX-A: 1\r\n 2\r\n\r\n"),
        Row("bare LF", "GET /puppet/v3/environments HTTP/1.1\nHost: x\n\n"),
        Row("bare CR in value", start + "Host: x\r\nX-A: 1\r2\r\n\r\n"),
        Row("NUL in value", start + "Host: x\r\nX-A: 1\u{0}2\r\n\r\n"),
        Row("NUL in target", "GET /puppet\u{0} HTTP/1.1\r\nHost: x\r\n\r\n"),
        Row("no Host", start + "X-A: 1\r\n\r\n"),
        Row("two Hosts", start + "Host: x\r\nHost: x\r\n\r\n"),
        Row("invalid Host", start + "Host: a b\r\n\r\n"),
        Row("Host with path", start + "Host: x/y\r\n\r\n"),
        Row("name outside tchar", start + "Host: x\r\nX(A): 1\r\n\r\n"),
        Row("empty name", start + "Host: x\r\n: 1\r\n\r\n"),
        Row("dot segments", "GET /puppet/v3/../v3/environments HTTP/1.1\r\nHost: x\r\n\r\n"),
        Row("encoded dot segments", "GET /puppet/v3/%2e%2e/environments HTTP/1.1\r\nHost: x\r\n\r\n"),
        Row("encoded slash", "GET /puppet/v3%2fenvironments HTTP/1.1\r\nHost: x\r\n\r\n"),
        Row("encoded control byte", "GET /puppet/v3/environments%00 HTTP/1.1\r\nHost: x\r\n\r\n"),
        Row("broken percent", "GET /puppet/v3/environments%zz HTTP/1.1\r\nHost: x\r\n\r\n"),
        Row("CONNECT", "CONNECT puppet.test:8140 HTTP/1.1\r\nHost: puppet.test:8140\r\n\r\n", 405),
        Row("TRACE", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        Row("long target", "GET /puppet/v3/environments?\(String(repeating: "a", count: 20_000)) HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        Row("long head", start + "Host: x\r\nX-A: \(String(repeating: "a", count: 70_000))\r\n\r\n", 431),
        Row(
            "many fields", start + "Host: x\r\n" + (1...9000).map { "X-\($0): 1\r\n" }.joined() + "\r\n", 431),
    ]

    @Test func areRefusedAndTheConnectionClosed() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let tls = try scene.tls()
        for (number, row) in Self.rows.enumerated() {
            let client = try RawClient(proxy.port(), tls: tls)
            try client.send(row.bytes)
            let answer = try client.readResponse()
            #expect(answer?.status == row.status, "\(row.name)")
            guard let answer else { continue }
            #expect(answer.saysClose || answer.status == 405, "\(row.name)")
            if answer.saysClose { #expect(client.isClosed(), "\(row.name)") }
            #expect(waitUntil { proxy.log.count > number }, "\(row.name)")
            let line = proxy.log.last
            #expect(line?.status == row.status && line?.termination == "PR--", "\(row.name): \(String(describing: line))")
        }
        #expect(server.requestCount == 0)
        #expect(try RawClient(proxy.port(), tls: tls).exchange(Requests.metadata()).status == 200)
    }

    @Test(arguments: ["zz\r\nab\r\n0\r\n\r\n", "-1\r\n", "ffffffffffffffffff\r\nab", "2\r\nabc\r\n0\r\n\r\n", "2\nab\r\n0\r\n\r\n"])
    func aBrokenChunkNeverReachesTheServerWhole(_ chunks: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        try client.send(Self.put + "Transfer-Encoding: chunked\r\n\r\n" + chunks)
        let answer = try client.readResponse()
        #expect(answer == nil || answer?.status == 400)
        #expect(client.isClosed())
        #expect(!server.requests.contains { $0.isComplete })
    }

    /// Smuggling: what follows a refused request is never taken for a request.
    @Test func nothingAfterABadRequestIsServed() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        try client.send(Self.put + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Requests.metadata("smuggled"))
        #expect(try client.readResponse()?.status == 400)
        #expect(client.isClosed())
        #expect(server.requestCount == 0)
    }

    @Test func theTargetIsForwardedByteForByte() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        let targets = [
            "/puppet/v3/file_bucket_file/sha256/00//etc/a%20b", "/puppet/v3/file_metadata/modules/m/%C3%A4?environment=production&x=%2F%2e",
            "/puppet/v3/file_content/modules/m/a;b?environment=production", "/?", "//puppet///v3/environments",
        ]
        for target in targets { _ = try client.exchange(Requests.get(target)) }
        #expect(server.requests.map(\.target) == targets)
    }
}
