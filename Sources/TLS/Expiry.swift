/// Until when a certificate or CRL is valid, and when to warn of it.
package struct Expiry: Sendable, Hashable {
    private static let day: Int64 = 86_400
    /// Long enough to have a certificate signed.
    private static let certificateNotice = 30 * day
    /// A CRL may be renewed each week, so that a warning a month before would never end.
    private static let listNotice = 7 * day

    package let file: String
    /// `certificate CN=…` or `CRL of CN=…`.
    package let subject: String
    private let notice: Int64
    private let tolerance: Int64
    /// Seconds since 1970, as `end`.
    package let begin: Int64?
    package let end: Int64

    /// nil if the certificate has no end that can be read.
    init?(_ certificate: Certificate, file: String) {
        guard let end = certificate.notAfter else { return nil }
        self.file = file
        subject = "certificate \(certificate.subject)"
        notice = Self.certificateNotice
        tolerance = 0
        begin = certificate.notBefore
        self.end = end
    }

    /// nil if the list has no end.
    init?(_ list: RevocationList, file: String) {
        guard let end = list.nextUpdate else { return nil }
        self.file = file
        subject = "CRL of \(list.issuer)"
        notice = Self.listNotice
        tolerance = RevocationList.tolerance
        begin = list.lastUpdate
        self.end = end
    }

    /// A sentence if it has expired, soon will, or is not valid yet; else nil.
    /// - Parameter now: seconds since 1970
    package func warning(at now: Int64) -> String? {
        if let begin, begin > now + tolerance { return "\(file): \(subject) is not valid before \(Timestamp.text(begin))" }
        if end <= now { return "\(file): \(subject) expired on \(Timestamp.text(end))" }
        if end - now < notice { return "\(file): \(subject) expires on \(Timestamp.text(end))" }
        return nil
    }

    /// Whole days left; negative once it has expired.
    package func daysLeft(at now: Int64) -> Int {
        let left = end - now
        return Int(left >= 0 ? left / Self.day : (left - Self.day + 1) / Self.day)
    }
}
