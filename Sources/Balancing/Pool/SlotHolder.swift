/// Who takes a slot, as far as shares go: a certname, or the source of a client without a verified certificate.
///
/// Only a hash is kept, seeded by process, so that a client cannot choose a name that counts against another's share.
package struct SlotHolder: Sendable, Hashable {
    /// The hash, but for its lowest bit, which is set for a verified certificate.
    private let bits: Int

    package var isVerified: Bool { bits & 1 == 1 }

    /// - Parameter name: the verified certificate's certname in lower case, or the source's address
    package init(_ name: [UInt8], isVerified: Bool) {
        var hasher = Hasher()
        hasher.combine(isVerified)
        hasher.combine(name)
        bits = hasher.finalize() & ~1 | (isVerified ? 1 : 0)
    }

    /// It is a hash already: another one cost 600 instructions a request.
    package func _rawHashValue(seed: Int) -> Int { bits ^ seed }
}
