import COpenSSL
import Model

/// A certificate that another instance has verified, as it comes in the field X-Client-Cert.
package enum ForwardedCertificate {
    /// Bytes of a field; more are not looked at.
    private static let longest = 64 << 10

    /// Nothing is verified here: whoever sent it must be trusted to have done so.
    /// - Parameters:
    ///   - field: PEM, percent-encoded
    ///   - identityFields: makes the ready-made header lines from DN and DER
    /// - Returns: nil where it is no certificate, or one without an unambiguous name
    package static func identity(
        _ field: [UInt8], identityFields: @Sendable (_ distinguishedName: [UInt8], _ der: [UInt8]) -> [UInt8]
    ) -> ClientIdentity? {
        guard field.count <= longest, let text = percentDecoded(field) else { return nil }
        defer { ERR_clear_error() }
        let pointer = text.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let memory = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
            defer { BIO_free(memory) }
            return PEM_read_bio_X509(memory, nil, { _, _, _, _ in 0 }, nil)
        }
        guard let pointer else { return nil }
        let certificate = Certificate(owning: pointer)
        return PeerCertificate.identity(of: certificate.pointer, der: certificate.der, identityFields: identityFields)
    }

    private static func percentDecoded(_ bytes: [UInt8]) -> [UInt8]? {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                text.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count, let high = ASCII.hexValue(bytes[index + 1]),
                let low = ASCII.hexValue(bytes[index + 2])
            else { return nil }
            text.append(high << 4 | low)
            index += 3
        }
        return text
    }
}
