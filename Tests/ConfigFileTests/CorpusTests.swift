import ConfigurationInvariants
import Testing

/// Replays the fuzzer's corpus, past crashes included, under the fuzzer's own invariants.
@Suite struct CorpusTests {
    static let inputs =
        Fixtures.names(".", ".yaml") + Fixtures.names("mistakes", ".yaml").map { "mistakes/\($0)" }
        + Fixtures.names("crashes", "").map { "crashes/\($0)" }

    @Test(arguments: inputs) func invariantsHold(name: String) throws {
        #expect(LoadInvariants.violation(input: try Fixtures.bytes(name)) == nil)
    }

    @Test func theCorpusIsThere() {
        #expect(CorpusTests.inputs.count > 40)
    }
}
