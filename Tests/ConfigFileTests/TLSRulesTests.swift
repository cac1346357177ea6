import Settings
import Testing

@testable import ConfigFile

/// The rules of TLS: the same keys on a listener and in a pool's `tls`.
struct TLSRulesTests {
    private static let lines =
        "min_version: \"1.3\", security_level: 1, crl_expired: accept, crl_check: leaf, crl_shrink: accept, "
        + "ciphers: \"TLS_AES_256_GCM_SHA384:HIGH\""

    @Test func bothSidesReadThem() throws {
        var wanted = TLSRules()
        (wanted.minimumVersion, wanted.securityLevel, wanted.expiredCRL) = (.tls13, 1, .accept)
        (wanted.crlCheck, wanted.crlShrink, wanted.ciphers) = (.leaf, .accept, "TLS_AES_256_GCM_SHA384:HIGH")
        let text = """
            listeners:
              - address: "127.0.0.1:8140"
                tls: { certificate: { chain: a.pem, key: a.key }, client_ca: ca.pem, crl: crl.pem, \(Self.lines) }
            defaults: { pool: { tls: { ca: ca.pem, crl_shrink: accept, security_level: 0 } } }
            pools:
              one: { tls: { verify: none, \(Self.lines) }, servers: { name: a, address: "127.0.0.1:8141" } }
              two: { servers: { name: a, address: "127.0.0.1:8141" } }
            environments: { default: one, other: two }
            """
        let result = Fixtures.parse(text)
        #expect(result.errors.map(\.description) == [])
        #expect(result.settings?.listeners[0].tls?.rules == wanted)
        #expect(result.settings?.pools[0].tls?.rules == wanted)
        wanted = TLSRules()
        (wanted.crlShrink, wanted.securityLevel) = (.accept, 0)
        #expect(result.settings?.pools[1].tls?.rules == wanted)
    }
}
