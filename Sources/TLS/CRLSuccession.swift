import COpenSSL
import Settings

/// Which of an issuer's CRLs comes into force: one of the file's, or the one that is in force already?
///
/// | the file's newest | in force | then |
/// |---|---|---|
/// | valid, and revokes all that the other does | any | the file's |
/// | its last update lies more than five minutes ahead | none | the file's: there is no other |
/// | its last update lies more than five minutes ahead | any | the other, until then |
/// | ended, where `crl_expired` is not accepted | valid | the other |
/// | lower number, or a revocation is missing | any | the other, unless `crl_shrink` accepts that |
struct CRLSuccession {
    /// Certificates whose revocation is older have ended: this is what a Puppet CA's live at most by default (`ca_ttl`). A list says nothing of
    /// their ends.
    static let longestLife: Int64 = 5 * 366 * 86_400

    let file: String
    let rules: TLSRules
    /// Seconds since 1970.
    let now: Int64

    /// - Parameters:
    ///   - candidates: the file's, of one issuer's key and one scope
    ///   - before: what is in force; nil: nothing
    /// - Returns: nil only where there is neither
    func choose(_ candidates: [RevocationList], before: RevocationList?) -> (list: RevocationList, heldBack: HeldBackFile?)? {
        let newestFirst = candidates.sorted { CRLSuccession.isOlder($1, than: $0) }
        guard let newest = newestFirst.first else {
            return before.map { ($0, held("holds no CRL of \($0.issuer) any more", nil)) }
        }
        var heldBack: HeldBackFile?
        for candidate in newestFirst {
            guard let fault = fault(of: candidate, after: before) else { return (candidate, heldBack) }
            heldBack = heldBack ?? fault
        }
        return (before ?? newest, before == nil ? nil : heldBack)
    }

    /// nil: nothing keeps it from coming into force.
    private func fault(of list: RevocationList, after before: RevocationList?) -> HeldBackFile? {
        let subject = "CRL of \(list.issuer)"
        if before == list { return nil }
        if let before, rules.crlShrink == .refuse, let loss = loss(from: before, to: list) {
            return held("\(subject) \(loss): refused (crl_shrink)", nil)
        }
        if list.begin > now {
            return held("\(subject) is not valid before \(Timestamp.text(list.lastUpdate ?? 0))", list.begin)
        }
        if rules.expiredCRL == .refuse, let end = list.nextUpdate, end <= now, before.map({ $0.nextUpdate ?? .max > now }) ?? true {
            return held("\(subject) expired on \(Timestamp.text(end))", nil)
        }
        return nil
    }

    private func held(_ what: String, _ activatesAt: Int64?) -> HeldBackFile {
        let end = activatesAt == nil ? "" : " until then"
        return HeldBackFile(file: file, reason: "\(what); the one in force stays\(end)", activatesAt: activatesAt)
    }

    /// What would be lost; nil: nothing.
    private func loss(from before: RevocationList, to list: RevocationList) -> String? {
        if let new = list.number, let old = before.number {
            guard !CRLSuccession.isLess(new, old) else {
                return "has number \(CRLSuccession.text(new)), the one in force \(CRLSuccession.text(old))"
            }
        } else if let new = list.lastUpdate, let old = before.lastUpdate, new < old {
            return "is of \(Timestamp.text(new)), the one in force of \(Timestamp.text(old))"
        }
        let missing = before.entriesMissing(in: list) { revokedAt in revokedAt.map { $0 > now - CRLSuccession.longestLife } ?? true }
        guard missing.count > 0 else { return nil }
        let more = missing.count > missing.first.count ? ", …" : ""
        return "does not revoke \(missing.count) of those that the one in force revokes (\(missing.first.joined(separator: ", "))\(more))"
    }

    static func isOlder(_ left: RevocationList, than right: RevocationList) -> Bool {
        if let new = left.number, let old = right.number, new != old { return isLess(new, old) }
        return left.lastUpdate ?? .min < right.lastUpdate ?? .min
    }

    /// Hexadecimal numbers without leading zeros.
    private static func isLess(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
    }

    /// Decimal where that is short, as openssl prints it.
    private static func text(_ number: [UInt8]) -> String {
        let digits = number.isEmpty ? "0" : String(decoding: number, as: UTF8.self)
        return UInt64(digits, radix: 16).map(String.init) ?? "0x" + digits
    }
}
