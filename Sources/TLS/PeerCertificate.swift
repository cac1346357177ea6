import COpenSSL
import Model

/// Reads an agent's certificate into the values that decisions use. Does not verify it.
enum PeerCertificate {
    /// nil if the certificate has no unambiguous name (see `DistinguishedName.commonName`): it is then treated as one that did not verify.
    /// - Parameter identityFields: makes the ready-made header lines from DN and DER
    static func identity(
        of certificate: OpaquePointer, der: [UInt8], identityFields: @Sendable (_ distinguishedName: [UInt8], _ der: [UInt8]) -> [UInt8]
    ) -> ClientIdentity? {
        let subject = X509_get_subject_name(certificate)
        guard let certname = DistinguishedName.commonName(subject), let notAfter = Timestamp.seconds(X509_get0_notAfter(certificate)) else {
            return nil
        }
        let distinguishedName = DistinguishedName.text(subject)
        guard !distinguishedName.isEmpty, !der.isEmpty else { return nil }
        return ClientIdentity(
            certname: certname, distinguishedName: distinguishedName, serial: serial(of: certificate),
            issuerDER: DER.encode { i2d_X509_NAME(X509_get_issuer_name(certificate), $0) }, der: der,
            extensions: TrustedExtensions.read(certificate), notAfter: notAfter, headerBlock: identityFields(distinguishedName, der))
    }

    /// Upper-case hexadecimal, two digits a byte; a negative number (against RFC 5280) begins with `-`.
    static func serial(of certificate: OpaquePointer) -> [UInt8] {
        X509_get0_serialNumber(certificate).map(digits) ?? []
    }

    static func digits(of number: UnsafePointer<ASN1_INTEGER>) -> [UInt8] {
        guard let data = ASN1_STRING_get0_data(number) else { return [] }
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        let count = Int(ASN1_STRING_length(number))
        text.reserveCapacity(2 * count + 1)
        if ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER { text.append(UInt8(ascii: "-")) }
        for byte in UnsafeBufferPointer(start: data, count: count) {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }
}
