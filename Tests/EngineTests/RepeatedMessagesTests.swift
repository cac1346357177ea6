import Testing

@testable import Engine

struct RepeatedMessagesTests {
    private static let second: Int64 = 1_000_000_000

    @Test func theFirstAreSaidAndTheRestCounted() {
        var messages = RepeatedMessages()
        var said: [Int] = []
        for number in 0..<100 where messages.admits(.handshakeFailed, now: 5 * Self.second + Int64(number)) { said.append(number) }
        #expect(said == Array(0..<20))
        let early = messages.takeLeftOut(now: 14 * Self.second)
        #expect(early.isEmpty)
        let leftOut = messages.takeLeftOut(now: 16 * Self.second)
        #expect(leftOut.map(\.kind) == [.handshakeFailed] && leftOut.map(\.count) == [80])
        let later = messages.takeLeftOut(now: 99 * Self.second)
        #expect(later.isEmpty, "once")
    }

    @Test func kindsDoNotCountForEachOther() {
        var messages = RepeatedMessages()
        var said: [Bool] = []
        for kind in RepeatedMessages.Kind.allCases { said.append(messages.admits(kind, now: 1)) }
        #expect(said == RepeatedMessages.Kind.allCases.map { _ in true })
        let second = messages.admits(.acceptFailed, now: 2)
        #expect(!second)
        let leftOut = messages.takeLeftOut(now: 11 * Self.second)
        #expect(leftOut.map(\.kind) == [.acceptFailed])
        let next = messages.admits(.acceptFailed, now: 12 * Self.second)
        #expect(next, "what comes after begins anew")
    }

    @Test func completeMessagesAreNotSummedUpAgain() {
        var messages = RepeatedMessages()
        let isSaid = messages.admits(.badResponse, now: 1)
        let leftOut = messages.takeLeftOut(now: .max)
        #expect(isSaid && leftOut.isEmpty)
    }
}
