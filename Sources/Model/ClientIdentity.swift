/// Who the agent is, as its verified certificate says. Made once a connection (or taken from the cache of verified certificates).
/// There is no value of this type for a certificate that did not verify.
package final class ClientIdentity: Sendable {
    /// The certificate's common name, as it is written there.
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
    /// Whether Puppet Server's rules let this client operate the CA: the certificate's extension `pp_cli_auth` is `true`.
    package let mayOperateCA: Bool
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
        mayOperateCA = extensions.contains { $0.oid == ClientIdentity.operatorOID && $0.value == ClientIdentity.yes }
        self.headerBlock = headerBlock
    }
}

extension ClientIdentity {
    /// `pp_cli_auth`.
    private static let operatorOID = "1.3.6.1.4.1.34380.1.3.39"
    private static let yes = [UInt8]("true".utf8)

    /// The line of `headerBlock` that carries the certificate, with its CRLF; empty where there is none.
    package var certificateField: ArraySlice<UInt8> {
        let name = "X-Client-Cert:".utf8
        var start = headerBlock.startIndex
        while let end = headerBlock[start...].firstIndex(of: 0x0A) {
            let line = headerBlock[start...end]
            if line.starts(with: name) { return line }
            start = end + 1
        }
        return []
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
