import Puppet
import Testing

@Suite struct AgentVersionTests {
    @Test(arguments: [
        ("2.7.25", false), ("5.3.1", false), ("6.28.0", false), ("7.23.0", false), ("7.25.9", false), ("7.26.0-rc1", false),
        ("7.26.0", true), ("7.26.1-rc1", true), ("7.34.0", true), ("8.0.0", false), ("8.1.0", false), ("8.1.99", false),
        ("8.2.0-rc2", false), ("8.2.0", true), ("8.10.0", true), ("8.10.0-rc1", true), ("8.10.0.57.g1a2b3c4", true), ("9.0.0", true),
        ("10.1.0", true),
    ])
    func onlyVersionsThatRetryUseRetryAfter(_ text: String, _ expected: Bool) throws {
        #expect(try #require(AgentVersion(Array(text.utf8))).usesRetryAfter == expected)
    }

    @Test func itsNumbersAreRead() throws {
        let version = try #require(AgentVersion(Array("8.10.3-rc1".utf8)))
        #expect((version.major, version.minor, version.patch) == (8, 10, 3))
        #expect(version.isPrerelease)
        #expect(try !#require(AgentVersion(Array("8.10.3.5.gabc".utf8))).isPrerelease)
    }

    @Test(arguments: [
        "", "8", "8.10", "8.10.", ".8.10.0", "8..10", "v8.10.0", "8.10.0rc1", " 8.10.0", "8.-1.0", "8.10000.0", "8,10,0", "\u{0}",
        "8.10.0-" + String(repeating: "x", count: 58),
    ])
    func rubbishIsNoVersion(_ text: String) {
        #expect(AgentVersion(Array(text.utf8)) == nil)
    }
}
