/// Who the agent is, as its verified certificate says. Made once a connection (or taken from the cache of verified certificates).
/// There is no value of this type for a certificate that did not verify.
package final class ClientIdentity: Sendable {
    /// The certificate's common name, as it stands there.
    package let certname: [UInt8]
    /// `certname` in lower case: what comparisons use.
    package let foldedCertname: [UInt8]
    /// RFC 2253, such as `CN=agent.example`.
    package let distinguishedName: [UInt8]
    /// Upper-case hexadecimal without separators.
    package let serial: [UInt8]
    /// The issuer's name in DER: with the serial, what a CRL is asked for.
    package let issuerDER: [UInt8]
    /// The certificate in DER.
    package let der: [UInt8]
    /// Puppet's extensions (1.3.6.1.4.1.34380.1.*): dotted OID and the value's text.
    package let extensions: [TrustedExtension]
    /// Seconds since 1970 at which the certificate ends.
    package let notAfter: Int64
    /// `X-Client-Verify`, `X-Client-DN` and `X-Client-Cert` lines, each with its CRLF, ready to be copied into a head.
    package let headerBlock: [UInt8]

    package init(
        certname: [UInt8], distinguishedName: [UInt8], serial: [UInt8], issuerDER: [UInt8], der: [UInt8],
        extensions: [TrustedExtension], notAfter: Int64, headerBlock: [UInt8]
    ) {
        self.certname = certname
        self.foldedCertname = certname.map(ASCII.lowercased)
        self.distinguishedName = distinguishedName
        self.serial = serial
        self.issuerDER = issuerDER
        self.der = der
        self.extensions = extensions
        self.notAfter = notAfter
        self.headerBlock = headerBlock
    }
}

/// One trusted fact of a certificate.
package struct TrustedExtension: Sendable, Equatable {
    /// Dotted, such as `1.3.6.1.4.1.34380.1.1.13`.
    package let oid: String
    package let value: [UInt8]
    package init(oid: String, value: [UInt8]) {
        self.oid = oid
        self.value = value
    }
}
