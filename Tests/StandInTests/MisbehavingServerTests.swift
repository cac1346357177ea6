import StandIn
import TestKit
import Testing

/// The kit is worth nothing if its servers do not misbehave as their names say.
struct MisbehavingServerTests {
    @Test(arguments: [
        (Misbehaviour.behavesWell, 200, true), (.answers503, 503, true), (.cutsInBody, 200, false), (.cutsInChunks, 200, false),
        (.closesOnReuse, 200, true), (.sendsInterimAnswers, 200, true), (.answersBeforeBodyIsRead, 200, true),
        (.refusesBodyUnread, 413, true), (.sendsHeadSlowly, 200, true), (.answersTwice, 200, true),
    ])
    func answers(_ behaviour: Misbehaviour, _ status: Int, _ isWhole: Bool) throws {
        let server = try MisbehavingServer(behaviour)
        let client = try RawClient(server.port.number)
        let answer = try client.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab")
        #expect(answer.status == status)
        #expect(answer.isWhole == isWhole)
        #expect(answer.interim == (behaviour == .sendsInterimAnswers ? [100, 103] : []))
        #expect(server.heads.count == 1)
    }

    @Test(arguments: [
        Misbehaviour.resetsAfterAccept, .resetsAfterRequest, .resetsAfterHead, .answersGarbage, .answersWithBadChunks,
    ])
    func breaksOff(_ behaviour: Misbehaviour) throws {
        let server = try MisbehavingServer(behaviour)
        let client = try RawClient(server.port.number)
        let answer = try? client.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab")
        #expect(answer == nil || answer?.isWhole == false)
    }

    @Test(arguments: [Misbehaviour.acceptsAndNeverAnswers, .stallsAfterHead, .stallsInBody])
    func stalls(_ behaviour: Misbehaviour) throws {
        let server = try MisbehavingServer(behaviour)
        let client = try RawClient(server.port.number, timeout: .milliseconds(200))
        #expect(throws: StandInError.self) { try client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
        server.stop()
        #expect(client.isClosed())
    }
}
