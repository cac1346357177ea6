import Testing

/// What a pooled object keeps of one request shows in the next one: every kind after every other, on one worker.
struct RequestPairsOnOneWorkerTests {
    /// What came of each kind on a new worker.
    private static let alone: [String: WireOutcome] = Dictionary(
        WireKind.all.compactMap { kind in (try? WireScene().run(kind)).map { (kind.name, $0) } }, uniquingKeysWith: { first, _ in first })

    @Test(arguments: WireKind.all)
    func aKindEndsAsItMust(_ kind: WireKind) throws {
        let outcome = try #require(Self.alone[kind.name])
        #expect(outcome.log.last?.hasPrefix(kind.end + " | ") == true, "\(outcome)")
    }

    @Test(arguments: WireKind.all)
    func whatCameBeforeMakesNoDifference(_ first: WireKind) throws {
        let scene = try WireScene()
        let expected = try #require(Self.alone[first.name])
        for second in WireKind.all {
            let before = scene.run(first)
            guard before == expected else { return differs(before, expected, "\(first.name) before \(second.name)") }
            let after = scene.run(second)
            let other = try #require(Self.alone[second.name])
            guard after == other else { return differs(after, other, "\(second.name) after \(first.name)") }
        }
    }

    /// The first difference is told, and the pairs after it are not played.
    private func differs(_ found: WireOutcome, _ expected: WireOutcome, _ pair: String) {
        Issue.record("\(pair)\n\(found)\ninstead of\n\(expected)")
    }
}
