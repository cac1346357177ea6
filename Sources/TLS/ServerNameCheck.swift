import COpenSSL
import Model

/// Which name is sent to a server in the handshake (SNI), and which one its certificate must have. The two are independent.
enum ServerNameCheck {
    /// - Parameters:
    ///   - sni: the name to send; nil: none. An address is never sent (RFC 6066 section 3)
    ///   - name: the name or IP address that the certificate must have where `verified`
    /// - Returns: false if that fails: then no handshake may be made
    static func prepare(_ ssl: OpaquePointer, sni: String?, name: String?, verified: Bool) -> Bool {
        if let sni, IPAddress(sni) == nil, pf_SSL_set_tlsext_host_name(ssl, sni) != 1 { return false }
        guard verified else { return true }
        guard let name, !name.isEmpty else { return false }
        guard let address = IPAddress(name) else {
            let parameters = SSL_get0_param(ssl)
            X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            return X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1
        }
        let bytes = networkOrder(address)
        return X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), bytes, bytes.count) == 1
    }

    /// 4 or 16 bytes.
    private static func networkOrder(_ address: IPAddress) -> [UInt8] {
        if address.isV4 { return (0..<4).map { UInt8(truncatingIfNeeded: address.v4 >> (24 - 8 * $0)) } }
        return (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? address.high : address.low) >> UInt64(56 - 8 * ($0 % 8))) }
    }
}
