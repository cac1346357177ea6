import StandIn
import TestKit
import Testing

struct AbsoluteFormTests {
    @Test func itsHostCountsAndTheServerSeesOriginForm() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        let answer = try client.exchange(
            "GET http://puppet.test:8140/puppet/v3/file_metadata/modules/m/a?environment=production HTTP/1.1\r\nHost: other.test\r\n\r\n")
        #expect(answer.status == 200)
        let seen = try #require(server.requests.first)
        #expect(seen.head.startLine == "GET /puppet/v3/file_metadata/modules/m/a?environment=production HTTP/1.1")
        #expect(seen.head.all("Host") == ["puppet.test:8140"])
        _ = try client.exchange("GET http://puppet.test HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(server.requests.last?.target == "/")
    }

    @Test func hopByHopFieldsEndHere() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        let fields = [
            "Connection: X-Mine, upgrade, keep-alive", "X-Mine: 1", "Upgrade: websocket", "Keep-Alive: timeout=5",
            "Proxy-Connection: keep-alive",
            "TE: trailers", "Proxy-Authorization: Basic x", "X-Kept: yes",
        ]
        #expect(try client.exchange(Requests.get("/puppet/v3/environments", fields: fields)).status == 200)
        let seen = try #require(server.requests.first).head
        for name in ["X-Mine", "Upgrade", "Keep-Alive", "Proxy-Connection", "TE", "Proxy-Authorization"] {
            #expect(seen.first(name) == nil, "\(name)")
        }
        #expect(seen.first("X-Kept") == "yes")
    }
}
