import TestKit
import Testing

/// Every kind of request after every other, on one worker: exchanges, buffers and connections to servers are used again, and nothing of
/// one request may show in the next. The expected result of each is its result as the first request of a process.
struct RequestPairsTests {
    private static let overHTTP1 = Result { try outcomes(.http1) }
    private static let overHTTP2 = Result { try outcomes(.http2) }

    private static func outcomes(_ spoken: WireProtocol) throws -> [String: PairOutcome] {
        try Dictionary(uniqueKeysWithValues: PairKind.all.map { ($0.name, try PairScene(spoken).run($0)) })
    }

    private static func alone(_ spoken: WireProtocol) throws -> [String: PairOutcome] {
        try (spoken == .http1 ? overHTTP1 : overHTTP2).get()
    }

    @Test(arguments: PairKind.all, WireProtocol.allCases) func aKindEndsAsItShould(_ kind: PairKind, _ spoken: WireProtocol) throws {
        #expect(try Self.alone(spoken)[kind.name]?.end == kind.end)
    }

    /// Plays FIRST, other, FIRST, other and so on: both orders of each pair that the tests of earlier kinds have not had.
    @Test(arguments: PairKind.all.indices, WireProtocol.allCases) func aKindLeavesNothing(_ first: Int, _ spoken: WireProtocol) throws {
        let scene = try PairScene(spoken)
        let alone = try Self.alone(spoken)
        var previous = "nothing"
        for other in PairKind.all[first...] {
            for kind in [PairKind.all[first], other] {
                let outcome = try scene.run(kind)
                #expect(outcome == alone[kind.name], "\(kind.name) after \(previous)")
                previous = kind.name
            }
        }
    }
}
