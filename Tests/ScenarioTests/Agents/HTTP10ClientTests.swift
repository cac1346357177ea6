import StandIn
import TestKit
import Testing

struct HTTP10ClientTests {
    @Test func itGetsAResponseAndIsClosed() throws {
        let scene = try Scene()
        let server = try scene.server { $0.catalog = .chunked(100_000, chunk: 9000, pause: .zero) }
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        try client.send("POST /puppet/v3/catalog/agent.test HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
        let answer = try #require(try client.readResponse(keepsBody: false))
        #expect(answer.status == 200)
        #expect(answer.field("Transfer-Encoding") == nil, "HTTP/1.0 knows no chunks")
        #expect(answer.bodyCount == 100_000)
        #expect(answer.digest == StandInContent.digest(100_000))
        #expect(client.isClosed())
        #expect(server.requests.first?.head.startLine.hasSuffix("HTTP/1.1") == true)
    }

    @Test func keepAliveIsKept() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        for _ in 1...3 {
            let answer = try client.exchange("GET /puppet/v3/environments HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n")
            #expect(answer.status == 200)
            if answer.field("Connection")?.lowercased() != "keep-alive" { break }
        }
        #expect(server.requests.allSatisfy { $0.target == "/puppet/v3/environments" })
    }

    @Test func headRequestsHaveNoBody() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        for _ in 1...2 {
            let answer = try client.exchange(Requests.make("HEAD", "/puppet/v3/file_metadata/modules/m/a"))
            #expect(answer.status == 200)
            #expect((answer.field("Content-Length").flatMap { Int($0) } ?? 0) > 0)
        }
        #expect(try client.exchange(Requests.metadata()).bodyCount > 0)
    }
}
