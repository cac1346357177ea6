/// What is reported to operators of a certificate.
package struct CertificateDetails: Sendable {
    /// Upper-case hexadecimal.
    package var serial = ""
    /// Seconds since 1970, as `ends`.
    package var begins: Int64 = 0
    package var ends: Int64 = 0
    /// Such as `DNS:puppet.example, IP Address:192.0.2.7`.
    package var names = ""
    /// Kind and bits of its key: `EC256`, `RSA4096`.
    package var algorithm = ""
    /// SHA-1, upper-case hexadecimal.
    package var fingerprint = ""
    /// Such as `/CN=puppet.example`.
    package var subject = ""
    package var issuer = ""

    package init() {}
}
