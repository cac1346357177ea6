import Model

/// Certificates that were verified recently, so that the agent's next connection only has to prove possession of its key.
///
/// A hit must never accept a certificate that a full verification would reject. So an entry is valid only between the second it was made and the earliest of:
/// the end of any certificate of its chain, the end of a CRL that applies to the chain (unless expired CRLs are accepted), the maximum age.
/// It is valid only for one trust generation (CAs, CRLs, rules). Only a leaf whose chain was built from trusted certificates alone is added
/// (`CertificateJudge`). One worker's, without a lock. Bounded: the oldest entry is evicted.
package final class VerifiedCertificateCache {
    private struct Entry {
        let identity: ClientIdentity
        let from: Int64
        let until: Int64
        let slot: Int
    }

    private let capacity: Int
    private let maximumAge: Int64
    private var entries: [SHA256Digest: Entry] = [:]
    /// Keys in the order of their first insertion, a ring once it is full; each key stands in one slot.
    private var order: [SHA256Digest] = []
    private var oldest = 0
    private var generation: SHA256Digest?

    /// - Parameters:
    ///   - capacity: entries at most (about 6 KiB each)
    ///   - maximumAge: seconds; an hour by default, since agents come every half hour
    package init(capacity: Int = 4096, maximumAge: Int64 = 3600) {
        precondition(capacity > 0)
        self.capacity = capacity
        self.maximumAge = maximumAge
    }

    package var count: Int { entries.count }

    /// Clears the cache unless its entries were verified under the same trust.
    func bind(to generation: SHA256Digest) {
        guard generation != self.generation else { return }
        self.generation = generation
        entries.removeAll()
        order.removeAll()
        oldest = 0
    }

    /// - Parameter now: seconds since 1970
    func identity(for certificate: SHA256Digest, under generation: SHA256Digest, now: Int64) -> ClientIdentity? {
        guard generation == self.generation, let entry = entries[certificate] else { return nil }
        return now >= entry.from && now < entry.until ? entry.identity : nil
    }

    /// - Parameter until: the first second at which a full verification might have another result
    func insert(_ identity: ClientIdentity, for certificate: SHA256Digest, under generation: SHA256Digest, now: Int64, until: Int64) {
        let end = min(until, now &+ maximumAge)
        guard generation == self.generation, end > now else { return }
        let slot: Int
        if let known = entries[certificate] {
            slot = known.slot
        } else if order.count < capacity {
            slot = order.count
            order.append(certificate)
        } else {
            slot = oldest
            entries[order[slot]] = nil
            order[slot] = certificate
            oldest = (oldest + 1) % capacity
        }
        entries[certificate] = Entry(identity: identity, from: now, until: end, slot: slot)
    }
}
