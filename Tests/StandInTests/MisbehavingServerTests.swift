import StandIn
import TestKit
import Testing

/// The kit is worthless if its servers do not misbehave as their names say.
struct MisbehavingServerTests {
    @Test(arguments: [
        (Misbehaviour.behavesWell, 200, true), (.answers503, 503, true), (.cutsInBody, 200, false), (.cutsInChunks, 200, false),
        (.closesOnReuse, 200, true), (.sendsInterimAnswers, 200, true), (.answersBeforeBodyIsRead, 200, true),
        (.refusesBodyUnread, 413, true), (.sendsHeadSlowly, 200, true), (.answersTwice, 200, true), (.answers500, 500, true),
        (.answers503WithRetryAfter, 503, true), (.endsBodyByClosing, 200, true), (.endsBodyByClosingSilently, 200, true),
        (.resetsAfterAnswer, 200, true), (.resetsInBody, 200, false), (.resetsInOpenEndedBody, 200, false),
        (.answersWithLateBadChunks, 200, false),
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
        Misbehaviour.resetsAfterAccept, .resetsAfterRequest, .resetsAfterHead, .closesWithoutAnswer, .closesInHead, .answersGarbage,
        .answersWithBadChunks,
    ])
    func breaksOff(_ behaviour: Misbehaviour) throws {
        let server = try MisbehavingServer(behaviour)
        let client = try RawClient(server.port.number)
        let answer = try? client.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab")
        #expect(answer == nil || answer?.isWhole == false)
    }

    @Test(arguments: [Misbehaviour.acceptsAndNeverAnswers, .readsAndNeverAnswers, .stallsAfterHead, .stallsInBody])
    func stalls(_ behaviour: Misbehaviour) throws {
        let server = try MisbehavingServer(behaviour)
        let client = try RawClient(server.port.number, timeout: .milliseconds(200))
        #expect(throws: StandInError.self) { try client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
        server.stop()
        #expect(client.isClosed())
    }

    @Test func refusesConnectionsFromTheStartOn() throws {
        let server = try MisbehavingServer(.refusesConnections)
        #expect(throws: StandInError.self) { try RawClient(server.port.number) }
    }

    @Test(arguments: [
        Misbehaviour.stallsInBody, .cutsInBody, .resetsInBody, .cutsInChunks, .answersWithBadChunks, .answersWithLateBadChunks,
        .resetsInOpenEndedBody,
    ])
    func hasNothingToBreakInAnAnswerToHEAD(_ behaviour: Misbehaviour) throws {
        let server = try MisbehavingServer(behaviour)
        let client = try RawClient(server.port.number)
        #expect(try client.exchange("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
        server.stop()
        #expect(client.isClosed(), "no byte of a content")
    }
}
