import Testing

/// Every kind of request after every other, on one worker: exchanges, buffers and connections to servers are used again, and nothing of
/// one request may show in the next. The expected result of each is its result as the first request of a process.
struct RequestPairsTests {
    private static let alone = Result { try Dictionary(uniqueKeysWithValues: PairKind.all.map { ($0.name, try PairScene().run($0)) }) }

    @Test(arguments: PairKind.all) func aKindEndsAsItShould(_ kind: PairKind) throws {
        #expect(try Self.alone.get()[kind.name]?.end == kind.end)
    }

    /// Plays FIRST, other, FIRST, other and so on: both orders of each pair that the tests of earlier kinds have not had.
    @Test(arguments: PairKind.all.indices) func aKindLeavesNothing(_ first: Int) throws {
        let scene = try PairScene()
        let alone = try Self.alone.get()
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
