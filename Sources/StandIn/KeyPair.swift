import COpenSSL

/// A private key and its public half. Immutable once made, so any thread may use it.
package final class KeyPair: @unchecked Sendable {
    package enum Algorithm: Sendable, Equatable {
        /// P-256: made in a fraction of a millisecond, so the default everywhere.
        case ec
        case rsa(bits: UInt32)
    }

    let pointer: OpaquePointer

    package init(_ algorithm: Algorithm = .ec) throws(StandInError) {
        let made =
            switch algorithm {
            case .ec: pf_EVP_EC_gen("P-256")
            case .rsa(let bits): pf_EVP_RSA_gen(bits)
            }
        guard let made else { throw OpenSSLFailure.crypto("key generation") }
        pointer = made
    }

    deinit { EVP_PKEY_free(pointer) }

    /// PKCS#8 in PEM, without a passphrase.
    package func pem() throws(StandInError) -> String {
        try PEMText.write { PEM_write_bio_PrivateKey($0, pointer, nil, nil, 0, nil, nil) }
    }
}
