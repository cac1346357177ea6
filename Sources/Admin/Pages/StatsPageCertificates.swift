/// When certificates and revocation lists end, the first to end on top.
enum StatsPageCertificates {
    typealias Parts = StatsPageParts
    private static let day: Int64 = 86_400

    static func content(_ report: ServiceReport) -> HTML {
        var rows: HTML = ""
        for certificate in report.certificates.sorted(by: { $0.ends < $1.ends }) { rows += row(certificate, now: report.process.now) }
        if report.certificates.isEmpty { rows += Parts.none(5, "None is used.") }
        return Parts.table("Certificates and revocation lists", ["Subject", "Kind", "Left", "Ends", "File"], "<tbody>\(rows)</tbody>")
    }

    /// Yellow as the log warns: 30 days before a certificate ends, 7 before a list does.
    private static func row(_ certificate: CertificateReport, now: Int64) -> HTML {
        let isList = certificate.kind == .revocationList
        let left = certificate.ends - now
        let colour: Parts.Colour = left <= 0 ? .bad : left < (isList ? 7 : 30) * day ? .warning : .good
        let kind = isList ? "revocation list" : certificate.kind == .authority ? "authority" : "certificate"
        return """
            <tr>\(Parts.name(isList ? certificate.issuer : certificate.subject))\(Parts.cell(kind))
            \(Parts.cell(Parts.badge(colour, left <= 0 ? "expired" : Parts.span(left))))\(Parts.cell(Parts.moment(certificate.ends)))
            <td class="long">\(certificate.file)</td></tr>
            """
    }
}
