import Testing

@testable import ConfigFile

/// Files that are small enough to be read and made to be slow: none makes reading hang (the limit is for hangs, not for speed).
@Suite(.timeLimit(.minutes(5))) struct BoundsTests {
    @Test func thousandsOfPoolsThatOverflowInOneChain() {
        let pools = (0..<1500).map {
            "  p\($0): { overflow: { to: p\(($0 + 1) % 1500), when: avg_queue > 1 }, servers: { name: s, address: \"127.0.0.1:1\" } }\n"
        }
        let result = Fixtures.parse("listeners: { address: \"127.0.0.1:1\" }\npools:\n\(pools.joined())")
        #expect(result.errors.count == 1 && result.errors[0].message.hasPrefix("overflow in a circle: p0 → p1 → "))
    }

    @Test func thousandsOfDanglingNamesAmongThousandsOfLongOnes() {
        let names = (0..<600).map { String(repeating: "n", count: 32) + "\($0)" }
        let pools = names.map { "  \($0): { servers: { name: s, address: \"127.0.0.1:1\" } }\n" }
        let rows = names.map { "  e\($0): \($0)x\n" }
        let result = Fixtures.parse("listeners: { address: \"127.0.0.1:1\" }\npools:\n\(pools.joined())environments:\n\(rows.joined())")
        #expect(result.errors.count == 600)
    }

    @Test func moreMistakesThanAnybodyReads() {
        let rows = (0..<1500).map { "  e\($0): x\($0)\n" }
        let result = Fixtures.parse(
            "listeners: { address: \"127.0.0.1:1\" }\npools: { p: { servers: { name: s, address: \"127.0.0.1:1\" } } }\nenvironments:\n\(rows.joined())"
        )
        #expect(result.diagnostics.count == Findings.limit + 1)
        #expect(result.diagnostics.last?.message == "too many mistakes: 500 more are not shown")
    }

    @Test func hundredsOfDuplicateKeysInALargeFile() {
        let rows = (0..<10_000).map { "  environment_\($0 % 5000): compilers\n" }
        let result = Fixtures.parse("environments:\n\(rows.joined())")
        #expect(result.errors.contains { $0.message.hasPrefix("duplicate key ") })
    }

    @Test func aliasesThatDoubleAsAKey() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...40 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        let result = Fixtures.parse(text + "? *a40\n: x\n")
        #expect(result.errors.map(\.message) == ["aliases make the file too large"])
    }
}
