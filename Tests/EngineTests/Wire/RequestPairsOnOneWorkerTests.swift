import Testing

/// What a pooled object keeps of one request shows in the next one: every kind after every other, on one worker.
struct RequestPairsOnOneWorkerTests {
    /// What came of each kind on a new worker.
    private static let alone: [String: WireOutcome] = Dictionary(
        WireKind.all.compactMap { kind in (try? outcome(kind)).map { (kind.name, $0) } }, uniquingKeysWith: { first, _ in first })

    private static func outcome(_ kind: WireKind) throws -> WireOutcome {
        let scene = try WireScene()
        _ = scene.run(kind)
        return scene.lookAgain(within: .milliseconds(20))
    }

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
            var before = scene.run(first)
            if before != expected { before = scene.lookAgain() }
            guard before == expected else { return differs(before, expected, "\(first.name) before \(second.name)") }
            let other = try #require(Self.alone[second.name])
            var after = scene.run(second)
            if after != other { after = scene.lookAgain() }
            guard after == other else { return differs(after, other, "\(second.name) after \(first.name)") }
        }
    }

    /// The first difference is told, and the pairs after it are not played.
    private func differs(_ found: WireOutcome, _ expected: WireOutcome, _ pair: String) {
        Issue.record("\(pair)\n\(found)\ninstead of\n\(expected)")
    }
}
