/// Sentences about what has expired or soon will.
enum ExpiryWarning {
    private static let day: Int64 = 86_400
    /// Long enough to have a certificate signed.
    private static let certificateNotice = 30 * day
    /// CRLs may be made anew each week, so a month's notice would never end.
    private static let listNotice = 7 * day

    static func certificate(_ certificate: Certificate, file: String, now: Int64, into warnings: inout [String]) {
        guard let end = certificate.notAfter else { return }
        if let start = certificate.notBefore, start > now {
            warnings.append("\(file): certificate \(certificate.subject) is not valid before \(Timestamp.text(start))")
        } else if end <= now {
            warnings.append("\(file): certificate \(certificate.subject) expired on \(Timestamp.text(end))")
        } else if end - now < certificateNotice {
            warnings.append("\(file): certificate \(certificate.subject) expires on \(Timestamp.text(end))")
        }
    }

    static func list(_ list: RevocationList, file: String, now: Int64, into warnings: inout [String]) {
        guard let end = list.nextUpdate else { return }
        if end <= now {
            warnings.append("\(file): CRL of \(list.issuer) expired on \(Timestamp.text(end))")
        } else if end - now < listNotice {
            warnings.append("\(file): CRL of \(list.issuer) expires on \(Timestamp.text(end))")
        }
    }
}
