/// By which rules is TLS spoken and a certificate verified? The same towards agents and towards servers.
package struct TLSRules: Sendable, Hashable {
    package enum Version: String, Sendable, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }
    package enum ExpiredCRL: String, Sendable, CaseIterable { case refuse, accept }
    /// Which certificates must have a CRL that speaks for them: each one of the chain, or the leaf alone.
    package enum CRLCheck: String, Sendable, CaseIterable { case chain, leaf }
    /// What becomes of a CRL that is older than the one in force, or revokes less.
    package enum CRLShrink: String, Sendable, CaseIterable { case refuse, accept }

    package var minimumVersion = Version.tls12
    /// OpenSSL's, 0 to 5.
    package var securityLevel = 2
    /// OpenSSL's names, of TLS 1.2 and of TLS 1.3, separated by colons; where none of a version is among them that one's default holds.
    /// nil: the defaults.
    package var ciphers: String?
    package var expiredCRL = ExpiredCRL.refuse
    package var crlCheck = CRLCheck.chain
    package var crlShrink = CRLShrink.refuse

    package init() {}
}
