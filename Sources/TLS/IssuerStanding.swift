/// Would a good certificate of this CA be accepted, and if not, why? Known for every moment once its files are read: what is wrong for good,
/// and the time in which the CA, its issuers and their CRLs are all valid.
struct IssuerStanding: Sendable {
    /// What must be valid, and from when until when: seconds since 1970, the end excluded.
    struct Term: Sendable {
        let begin: Int64
        let end: Int64
        let beforeBegin: HandshakeFailure.Kind
        let afterEnd: HandshakeFailure.Kind
        let subject: String

        init(_ certificate: Certificate) {
            begin = certificate.notBefore ?? .min
            end = certificate.notAfter ?? .min
            (beforeBegin, afterEnd) = (.certificateNotYetValid, .certificateExpired)
            subject = "certificate \(certificate.subject)"
        }

        init(_ list: RevocationList, expiredCRL: Bool) {
            begin = list.begin
            end = expiredCRL ? .max : list.nextUpdate ?? .max
            (beforeBegin, afterEnd) = (.crlNotYetValid, .crlExpired)
            subject = "CRL of \(list.issuer)"
        }
    }

    enum Verdict: Equatable, Sendable {
        case accepted
        /// - activatesAt: from when on it would be accepted; nil: not by itself
        case refused(HandshakeFailure.Kind, reason: String, activatesAt: Int64?)
    }

    let certificate: Certificate
    /// None of the other CAs is from it, so agents' certificates are. A root above an intermediate CA issues no others in Puppet.
    let issuesLeaves: Bool
    private let terms: [Term]
    /// What refuses its certificates at any time.
    private let fault: HandshakeFailure?

    init(_ certificate: Certificate, issuesLeaves: Bool, terms: [Term], fault: HandshakeFailure?) {
        self.certificate = certificate
        self.issuesLeaves = issuesLeaves
        self.terms = terms
        self.fault = fault
    }

    func verdict(at now: Int64) -> Verdict {
        if let fault { return .refused(fault.kind, reason: fault.reason, activatesAt: nil) }
        if let ended = terms.first(where: { $0.end <= now }) {
            return .refused(ended.afterEnd, reason: "\(ended.subject) expired on \(Timestamp.text(ended.end))", activatesAt: nil)
        }
        if let late = terms.max(by: { $0.begin < $1.begin }), late.begin > now {
            return .refused(late.beforeBegin, reason: "\(late.subject) is not valid yet", activatesAt: late.begin)
        }
        return .accepted
    }

    /// A sentence where its certificates are not accepted, for whatever reason.
    func warning(at now: Int64, file: String) -> String? {
        guard case .refused(_, let reason, let activatesAt) = verdict(at: now) else { return nil }
        let date = activatesAt.map { " before \(Timestamp.text($0))" } ?? ""
        return "\(file): no certificate of the CA \(certificate.subject) is accepted\(date): \(reason)"
    }

    /// A moment at which everything is valid; `now` where there is none.
    static func validMoment(_ terms: [Term], now: Int64) -> Int64 {
        let begin = terms.reduce(Int64.min) { max($0, $1.begin) }
        let end = terms.reduce(Int64.max) { min($0, $1.end) }
        return begin < end ? min(max(now, begin), end - 1) : now
    }
}
