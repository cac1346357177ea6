import StandIn
import TestKit
import Testing

struct ExpectContinueTests {
    @Test func aCatalogsBodyIsAskedForHere() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        let body = "environment=production&facts=x"
        try client.send(
            "POST /puppet/v3/catalog/agent.test HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                + "Expect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
        let interim = try #require(try client.reader.readHead())
        #expect(interim.startLine.hasPrefix("HTTP/1.1 100"))
        #expect(server.requestCount == 0, "the body decides where it goes")
        try client.send(body)
        #expect(try client.readResponse()?.status == 200)
        #expect(proxy.waitForLog { $0.string("environment_source") == "body" } != nil)
    }

    @Test func elseTheServerIsAsked() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        try client.send("PUT /puppet/v3/report/agent.test HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        let interim = try #require(try client.reader.readHead())
        #expect(interim.startLine.hasPrefix("HTTP/1.1 100"))
        try client.send("{}")
        #expect(try client.readResponse()?.status == 200)
        #expect(server.requests.first?.bodyCount == 2)
    }

    @Test func otherInterimResponsesPass() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.sendsInterimAnswers)
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        let answer = try client.exchange(Requests.metadata())
        #expect(answer.status == 200)
        #expect(answer.interim.contains(103))
        let old = try scene.connect(proxy)
        let bare = try old.exchange("GET /puppet/v3/environments HTTP/1.0\r\nHost: x\r\n\r\n")
        #expect(bare.status == 200)
        #expect(bare.interim.isEmpty, "HTTP/1.0 knows none")
    }
}
