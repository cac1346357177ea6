import COpenSSL

/// A SHA-256 value: the name of a certificate in the cache, or of everything that a listener trusts.
package struct SHA256Digest: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// One-shot over `bytes`. nil only if OpenSSL cannot work at all (no memory, no SHA-256).
    /// - Parameter algorithm: fetched once (`EVP_MD_fetch`), since a fetch for each digest costs more than the digest.
    init?(of bytes: UnsafeRawBufferPointer, algorithm: OpaquePointer) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let done = withUnsafeMutableBytes(of: &words) { result in
            EVP_Digest(bytes.baseAddress, bytes.count, result.baseAddress, nil, algorithm, nil)
        }
        guard done == 1 else {
            ERR_clear_error()
            return nil
        }
        self.words = words
    }

    package static func == (left: SHA256Digest, right: SHA256Digest) -> Bool { left.words == right.words }
    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    /// Calls `body` with the 32 bytes.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: words) { body($0) }
    }
}
