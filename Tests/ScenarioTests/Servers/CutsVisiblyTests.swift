import StandIn
import TestKit
import Testing

/// A server that breaks off in its response: the client must see that it is unfinished.
struct CutsVisiblyTests {
    @Test(arguments: [Misbehaviour.cutsInBody, .cutsInChunks])
    func theClientSeesAnUnfinishedResponse(_ behaviour: Misbehaviour) throws {
        let scene = try Scene()
        let server = try MisbehavingServer(behaviour)
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        let answer = try client.exchange(Requests.metadata())
        #expect(answer.status == 200)
        #expect(!answer.isWhole)
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.reason == "cut" && line.termination == "SD--" && line.status == 200, "\(line)")
        let next = try scene.connect(proxy)
        server.behaviour = .behavesWell
        #expect(try next.exchange(Requests.metadata()).status == 200)
    }

    /// If the defect arrives with the head, nothing was forwarded and the client may get 502; else the response is cut like any other.
    @Test func badChunksAreRefusedOrCut() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.answersWithBadChunks)
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        let answer = try client.exchange(Requests.metadata())
        let line = try #require(proxy.waitForLog { _ in true })
        if answer.status == 502 {
            #expect(line.reason == "bad_response" && line.termination == "SH--", "\(line)")
        } else {
            #expect(answer.status == 200 && !answer.isWhole)
            #expect(line.reason == "cut" && line.termination == "SD--", "\(line)")
        }
        server.behaviour = .behavesWell
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).text == "running")
        #expect(server.acceptedCount == 2, "the broken connection is not used again")
    }

    @Test func aResponseThatEndsWithItsConnectionIsDelimitedForTheClient() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.endsBodyByClosing)
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        let answer = try client.exchange(Requests.metadata())
        #expect(answer.status == 200)
        #expect(answer.bodyCount == 500)
        #expect(answer.isWhole)
    }

    @Test func excessBytesNeverBecomeTheNextResponse() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.answersTwice)
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        for _ in 1...5 {
            let answer = try client.exchange(Requests.metadata())
            if answer.saysClose || !answer.isWhole { break }
            #expect([200, 502].contains(answer.status))
        }
        // One response a request, and a connection with excess bytes is never used again.
        #expect(
            waitUntil { server.acceptedCount == server.heads.count }, "\(server.acceptedCount) connections, \(server.heads.count) requests")
    }
}
