import StandIn
import TestKit
import Testing

struct AnswersEarlyTests {
    @Test func aResponseBeforeTheBodyReachesTheClientAtOnce() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.answersBeforeBodyIsRead)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { body_prefix: 16k }"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        try client.send("PUT /puppet/v3/report/agent.test HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n")
        try client.send(String(repeating: "a", count: 20_000))
        let answer = try #require(try client.readResponse())
        #expect(answer.status == 200)
        if answer.saysClose {
            #expect(client.isClosed())
        } else {
            try client.send(String(repeating: "b", count: 20_000))
            server.behaviour = .behavesWell
            #expect(try client.exchange(Requests.metadata()).status == 200, "the rest of the body is not taken for a request")
        }
    }

    @Test func aRefusalOfALargeBodyIsSeen() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.refusesBodyUnread)
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        try client.send("PUT /puppet/v3/report/agent.test HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n")
        // The rest may no longer be read; the response must arrive nevertheless.
        try? StandInContent.pieces(2 << 20) { (piece) throws(StandInError) in try client.stream.write(piece) }
        #expect(try client.readResponse()?.status == 413)
    }
}
