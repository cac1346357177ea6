import COpenSSL
import Settings

/// Which CA certificates and CRLs come into force? Those of the files, but for those under which every agent would be rejected now, or that take revocations back: there
/// what is in force stays.
struct TrustLoader {
    let settings: TrustFiles
    let purpose: TrustSelfTest.Purpose
    let rules: TLSRules
    let contents: FileContents
    let inForce: MaterialInForce
    /// Seconds since 1970.
    let now: Int64

    /// A CA file, and the CRLs of its CAs; without these nothing is checked for revocation.
    struct TrustFiles: Sendable, Hashable {
        let ca: String
        let crl: String?
    }

    struct Loaded: Sendable {
        let store: CertificateStore
        let standings: [IssuerStanding]
        let heldBack: [HeldBackFile]
        /// What was left out, one sentence each.
        let omissions: [String]

        /// Of these, and of CAs whose certificates are not accepted.
        func warnings(at now: Int64) -> [String] {
            omissions + standings.compactMap { $0.warning(at: now, file: store.caFile) }
        }
    }

    func load() throws(TLSMaterialError) -> Loaded {
        let authorities = try PEMFile(settings.ca, contents).certificates()
        for authority in authorities where X509_check_ca(authority.pointer) == 0 {
            throw TLSMaterialError(file: settings.ca, problem: "certificate \(authority.subject) is no CA's")
        }
        let read = try settings.crl.map { path throws(TLSMaterialError) in try PEMFile(path, contents).revocationLists() } ?? []
        let fresh = try loaded(authorities, read)
        let before = inForce.trust[settings]
        guard let before, before.standings.contains(where: { $0.verdict(at: now) == .accepted }) else {
            return try refusingWhatNeverWorks(fresh)
        }
        guard let reason = worse(fresh.standings, than: before.standings) else { return fresh }
        let kept = try loaded(before.store.authorities, read)
        let heldBack = HeldBackFile(
            file: settings.ca, reason: "\(reason.text); the one in force stays\(reason.activatesAt == nil ? "" : " until then")",
            activatesAt: reason.activatesAt)
        return Loaded(store: kept.store, standings: kept.standings, heldBack: [heldBack] + kept.heldBack, omissions: kept.omissions)
    }

    private func loaded(_ authorities: [Certificate], _ read: [RevocationList]) throws(TLSMaterialError) -> Loaded {
        var chosen = RevocationListChoice(settings.crl ?? settings.ca, rules, read, inForce.lists(settings), now: now)
        if settings.crl != nil {
            for authority in authorities where !chosen.choose(of: authority) {
                guard rules.crlCheck == .leaf, authorities.contains(where: { $0 !== authority && authority.hasIssued($0) }) else {
                    throw TLSMaterialError(file: settings.crl ?? "", problem: "holds no CRL that the CA \(authority.subject) signed")
                }
            }
            chosen.chooseOthers(authorities)
            guard !chosen.lists.isEmpty else { throw TLSMaterialError(file: settings.crl ?? "", problem: "holds no CRL of these CAs") }
        }
        let store = try CertificateStore(authorities, chosen.lists, rules: rules, caFile: settings.ca, crlFile: settings.crl)
        return Loaded(
            store: store, standings: store.standings(purpose, now: now), heldBack: chosen.heldBack, omissions: chosen.omissions)
    }

    /// With nothing older that could stay in force: what time will heal is taken, what it will not is a mistake.
    private func refusingWhatNeverWorks(_ fresh: Loaded) throws(TLSMaterialError) -> Loaded {
        var reasons: [String] = []
        for standing in fresh.standings {
            guard case .refused(.unknownCA, let reason, nil) = standing.verdict(at: now) else { return fresh }
            reasons.append(reason)
        }
        guard let first = reasons.first else { return fresh }
        throw TLSMaterialError(file: settings.ca, problem: "no certificate would be accepted: \(first)")
    }

    // MARK: Compared with what is in force

    private typealias Worsening = (text: String, activatesAt: Int64?)

    /// Why certificates that are accepted now would no longer be, although their CA is still there and not revoked. nil: none.
    private func worse(_ fresh: [IssuerStanding], than before: [IssuerStanding]) -> Worsening? {
        for old in before where old.verdict(at: now) == .accepted {
            let same = fresh.filter { $0.certificate.isSameIssuer(as: old.certificate) }
            if same.contains(where: { $0.verdict(at: now) == .accepted }) { continue }
            if let reason = same.lazy.compactMap(refusal).first { return reason }
        }
        let issuers = fresh.filter(\.issuesLeaves)
        guard !issuers.contains(where: { $0.verdict(at: now) == .accepted }) else { return nil }
        return issuers.lazy.compactMap(refusal).first
    }

    /// nil: accepted, or revoked, which is meant.
    private func refusal(_ standing: IssuerStanding) -> Worsening? {
        guard case .refused(let kind, let reason, let activatesAt) = standing.verdict(at: now), kind != .certificateRevoked else {
            return nil
        }
        let date = activatesAt.map { ", from \(Timestamp.text($0)) on" } ?? ""
        return ("no certificate of the CA \(standing.certificate.subject) would be accepted (\(reason)\(date))", activatesAt)
    }
}
