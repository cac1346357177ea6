import Settings
import Testing

@testable import ConfigFile

/// The values of `balance`.
struct BalanceTests {
    @Test(arguments: PoolSettings.Balance.all) func everyOneIsReadByItsWord(_ balance: PoolSettings.Balance) throws {
        let result = Fixtures.parse(Fixtures.minimal(pool: "balance: \(balance.word)"))
        #expect(result.errors.map(\.description) == [])
        #expect(result.settings?.pools[0].balance == balance)
    }

    @Test func haproxysWordIsHintedAt() throws {
        let result = Fixtures.parse(Fixtures.minimal(pool: "balance: roundrobin"))
        #expect(result.errors.map(\.description).joined().hasSuffix("hint: round-robin"))
    }
}
