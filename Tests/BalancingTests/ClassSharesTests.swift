import Testing

@testable import Balancing

struct ClassSharesTests {
    /// What it used in its turn is not forgotten since its line was empty for a moment.
    @Test func aClassThatBeginsAgainOwesWhatItUsed() {
        var shares = ClassShares()
        shares.begins(.quick, others: [])
        shares.begins(.compile, others: [.quick])
        #expect(!shares.isBefore(.quick, .compile) && !shares.isBefore(.compile, .quick))
        shares.takesTurn(.compile)
        shares.begins(.compile, others: [.quick])
        #expect(shares.isBefore(.quick, .compile))
    }

    @Test func aClassThatWasAwayStartsLevelWithTheLeast() {
        var shares = ClassShares()
        shares.begins(.compile, others: [])
        for _ in 0..<3 { shares.takesTurn(.compile) }
        shares.begins(.quick, others: [.compile])
        #expect(!shares.isBefore(.quick, .compile) && !shares.isBefore(.compile, .quick))
    }
}
