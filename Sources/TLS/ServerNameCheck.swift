import COpenSSL
import Model

/// Says to OpenSSL which server it should find at the other end.
enum ServerNameCheck {
    /// Sets SNI for a name (RFC 6066: never for an address), and what the certificate must name where `verified`.
    /// - Returns: false where that cannot be done: then no handshake may be made
    static func prepare(_ ssl: OpaquePointer, name: String?, verified: Bool) -> Bool {
        guard let name, !name.isEmpty else { return !verified }
        guard let address = IPAddress(name) else {
            guard pf_SSL_set_tlsext_host_name(ssl, name) == 1 else { return false }
            guard verified else { return true }
            let parameters = SSL_get0_param(ssl)
            X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            return X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1
        }
        guard verified else { return true }
        let bytes = networkOrder(address)
        return X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), bytes, bytes.count) == 1
    }

    /// 4 or 16 bytes.
    private static func networkOrder(_ address: IPAddress) -> [UInt8] {
        if address.isV4 { return (0..<4).map { UInt8(truncatingIfNeeded: address.v4 >> (24 - 8 * $0)) } }
        return (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? address.high : address.low) >> UInt64(56 - 8 * ($0 % 8))) }
    }
}
