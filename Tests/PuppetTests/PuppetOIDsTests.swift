import Puppet
import Testing

@Suite struct PuppetOIDsTests {
    @Test(arguments: [
        ("pp_uuid", "1.3.6.1.4.1.34380.1.1.1"), ("pp_role", "1.3.6.1.4.1.34380.1.1.13"), ("pp_owner", "1.3.6.1.4.1.34380.1.1.26"),
        ("pp_authorization", "1.3.6.1.4.1.34380.1.3.1"), ("pp_auth_role", "1.3.6.1.4.1.34380.1.3.13"),
        ("pp_cli_auth", "1.3.6.1.4.1.34380.1.3.39"),
    ])
    func puppetsNamesAndNumbersBelongTogether(_ name: String, _ oid: String) {
        #expect(PuppetOIDs.oid(of: name) == oid)
        #expect(PuppetOIDs.shortName(of: oid) == name)
    }

    @Test func registeredNumbersAreWithoutGap() {
        let registered = PuppetOIDs.names.filter { $0.oid.hasPrefix(PuppetOIDs.registered + ".") }
        #expect(registered.map(\.oid) == (1...26).map { "\(PuppetOIDs.registered).\($0)" })
        #expect(PuppetOIDs.names.count == 29)
    }

    @Test func aKeyIsAnOwnNameThenPuppetsThenANumber() {
        let custom = ["1.3.6.1.4.1.34380.1.2.1.1": "my_role", "1.2.3": "pp_zone"]
        #expect(PuppetOIDs.resolve("my_role", custom: custom) == "1.3.6.1.4.1.34380.1.2.1.1")
        #expect(PuppetOIDs.resolve("pp_zone", custom: custom) == "1.2.3")
        #expect(PuppetOIDs.resolve("pp_role", custom: custom) == "1.3.6.1.4.1.34380.1.1.13")
        #expect(PuppetOIDs.resolve("1.2.840.1", custom: custom) == "1.2.840.1")
        for key in ["", "pp_nothing", "1", "1..2", ".1.2", "1.2.", "1.a"] { #expect(PuppetOIDs.resolve(key, custom: custom) == nil) }
    }
}
