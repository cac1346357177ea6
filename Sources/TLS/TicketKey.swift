import COpenSSL

/// One key of session tickets: a name that tickets carry, an AES key and one for HMAC-SHA-256 (RFC 5077 section 4).
struct TicketKey: Sendable, Equatable {
    static let nameCount = 16
    /// Of a whole key, for AES-128 and AES-256: HAProxy's sizes.
    static let byteCounts = [48, 80]
    /// Of keys that are generated here.
    static let ownByteCount = 80

    /// Name, AES key, HMAC key: HAProxy's order.
    let bytes: [UInt8]

    /// nil if the size of `bytes` is not in `byteCounts`.
    init?(_ bytes: [UInt8]) {
        guard TicketKey.byteCounts.contains(bytes.count) else { return nil }
        self.bytes = bytes
    }

    /// A new one for AES-256; nil if OpenSSL has no random bytes.
    static func random() -> TicketKey? {
        var bytes = [UInt8](repeating: 0, count: ownByteCount)
        guard RAND_bytes(&bytes, Int32(bytes.count)) == 1 else {
            ERR_clear_error()
            return nil
        }
        return TicketKey(bytes)
    }

    var byteCount: Int { bytes.count }
    var name: ArraySlice<UInt8> { bytes[..<TicketKey.nameCount] }

    private var secretCount: Int { (bytes.count - TicketKey.nameCount) / 2 }
    private var algorithm: OpaquePointer? { bytes.count == 80 ? EVP_aes_256_cbc() : EVP_aes_128_cbc() }

    /// Prepares both contexts for a ticket that begins with the vector `iv`.
    func prepare(_ cipher: OpaquePointer, _ mac: OpaquePointer, iv: UnsafePointer<UInt8>, encrypts: Bool) -> Bool {
        let (algorithm, secretCount) = (algorithm, secretCount)
        return bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return false }
            let aes = base + TicketKey.nameCount
            return pf_EVP_MAC_CTX_set_hmac_sha256(mac, aes + secretCount, secretCount) == 1
                && EVP_CipherInit_ex(cipher, algorithm, nil, aes, iv, encrypts ? 1 : 0) == 1
        }
    }
}
