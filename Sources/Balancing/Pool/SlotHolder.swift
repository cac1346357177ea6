/// Who takes a slot, as far as shares go: a certname, or the source of a client without a verified certificate.
///
/// Only a hash is kept, seeded by process, so that nobody can choose a name that counts against another's share.
package struct SlotHolder: Sendable, Hashable {
    package let isVerified: Bool
    private let hash: Int

    /// - Parameter name: the verified certificate's certname in lower case, or the source's address
    package init(_ name: [UInt8], isVerified: Bool) {
        self.isVerified = isVerified
        var hasher = Hasher()
        hasher.combine(isVerified)
        hasher.combine(name)
        hash = hasher.finalize()
    }
}
