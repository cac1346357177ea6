import StandIn
import TestKit
import Testing

/// Bytes that a server sent before it died in the middle of a head are part of no response.
struct AnswersAfterBrokenHeadsTests {
    private static let halfHead = "HTTP/1.1 404 Not Found\r\nX-Of-The-Broken: yes\r\nContent-Length: 9000\r\nX-Cut-He"

    @Test func theNextRequestsGetTheirOwnResponses() throws {
        let scene = try Scene()
        let server = try self.server { $0.contains("broken") }
        scene.keep(server)
        let proxy = try scene.start(Configuration.pool(server.address, lines: ["retry: { attempts: 0 }"]))
        for round in 1...4 {
            let client = try scene.connect(proxy)
            #expect(try client.exchange(Requests.metadata("broken")).status == 502, "round \(round)")
            let other = try scene.connect(proxy, as: "other.test", timeout: .seconds(5))
            for _ in 1...2 {
                let answer = try other.exchange(Requests.metadata("whole"))
                #expect(answer.status == 200 && answer.text == "whole", "round \(round): \(answer.head.startLine)")
                #expect(answer.field("X-Of-The-Broken") == nil)
            }
        }
        #expect(waitUntil { proxy.log.count == 12 })
        #expect(proxy.log.filter { $0.reason == "bad_response" && $0.termination == "SH--" }.count == 4)
    }

    @Test func theSameConnectionContinues() throws {
        let scene = try Scene()
        let server = try self.server { $0.contains("broken") }
        scene.keep(server)
        let proxy = try scene.start(Configuration.pool(server.address, lines: ["retry: { attempts: 0 }"]))
        let client = try scene.connect(proxy, timeout: .seconds(5))
        for _ in 1...3 {
            #expect(try client.exchange(Requests.metadata("broken")).status == 502)
            #expect(try client.exchange(Requests.metadata("whole")).text == "whole")
        }
    }

    @Test func nothingIsSentAgainOnceAPieceOfAResponseHasArrived() throws {
        let scene = try Scene()
        let (bad, good) = (try server { _ in true }, try scene.server("good"))
        scene.keep(bad)
        scene.keep(good)
        let proxy = try scene.start(
            Configuration(
                .init(servers: [
                    Configuration.server("bad", bad.address), Configuration.server("good", good.address, "backup: true"),
                ])))
        let client = try scene.connect(proxy, timeout: .seconds(5))
        for round in 1...3 {
            let answer = try client.exchange(Requests.catalog())
            #expect(answer.status == 502 && answer.isWhole, "round \(round)")
            #expect(answer.field("X-Of-The-Broken") == nil)
        }
        #expect(bad.acceptedCount == 3)
        #expect(good.requestCount == 0)
    }

    /// A server that breaks off in the middle of the response head to the requests that `isBroken` chooses by their first line.
    private func server(_ isBroken: @escaping @Sendable (String) -> Bool) throws -> ScriptedServer {
        try ScriptedServer { head, reader in
            try reader.skipContent(of: head)
            guard isBroken(head.startLine) else {
                try reader.answer("whole")
                return true
            }
            try reader.stream.write(Self.halfHead)
            return false
        }
    }
}
