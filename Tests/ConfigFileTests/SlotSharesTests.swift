import Settings
import Testing

@testable import ConfigFile

/// `limits.unverified_share` and `limits.holder_share` reach each pool, where a listener tells clients apart.
struct SlotSharesTests {
    private static let tls = "tls: { certificate: { chain: a.pem, key: a.key }, client_ca: ca.pem, crl: crl.pem, client_certificate: "
    private static let unverifying = "tls: { certificate: { chain: a.pem, key: a.key }, client_certificate: none }"

    private func result(_ limits: String, _ listeners: [String]) -> LoadResult {
        let rows = listeners.enumerated().map {
            "  - { name: l\($0), address: \"127.0.0.1:\(8140 + $0)\"\($1.isEmpty ? "" : ", " + $1) }\n"
        }
        let pools = ["a", "b"].map { "  \($0): { servers: [ { name: s, address: \"127.0.0.1:1\" } ] }\n" }
        let text = "listeners:\n\(rows.joined())pools:\n\(pools.joined())environments: { default: a }\n\(limits)\n"
        return Fixtures.parse(text)
    }

    private func shares(_ limits: String, _ listeners: String...) throws -> [ShareSettings] {
        let result = result(limits, listeners)
        #expect(result.errors.map(\.description) == [])
        return try #require(result.settings).pools.map(\.shares)
    }

    @Test func theyAreHalfAndAQuarterWhereLeftOut() throws {
        let expected = ShareSettings(unverified: 50, holder: 25)
        #expect(try shares("", Self.tls + "optional }") == [expected, expected])
        #expect(try shares("", "", Self.tls + "required }") == [expected, expected], "one listener that verifies is enough")
    }

    @Test func theyAreSetForAllPools() throws {
        let expected = ShareSettings(unverified: 0, holder: 100)
        #expect(try shares("limits: { unverified_share: 0%, holder_share: 100% }", Self.tls + "optional }") == [expected, expected])
    }

    @Test func whereNoListenerVerifiesCertificatesAllAreAlike() throws {
        let expected = ShareSettings(unverified: 100, holder: 100)
        #expect(try shares("", "") == [expected, expected])
        #expect(try shares("limits: { holder_share: 10% }", Self.unverifying, "") == [expected, expected])
    }

    @Test(arguments: ["50", "101%", "-1%", "half", "2.5%"])
    func aShareIsAWholePercentage(text: String) {
        #expect(result("limits: { holder_share: \(text) }", [""]).errors.count == 1)
    }
}
