/// When certificates and revocation lists end, the first to end on top.
enum StatsPageCertificates {
    typealias Parts = StatsPageParts
    private static let day: Int64 = 86_400

    static func content(_ report: ServiceReport, _ view: PageView) -> HTML {
        let table = PageTable(
            id: "certificates", caption: "Certificates and revocation lists", columns: columns(now: report.process.now), view: view,
            order: .init(column: "ends"))
        return table.html(table.sorted(report.certificates), none: "None is used.")
    }

    static func name(_ certificate: CertificateReport) -> String {
        certificate.kind == .revocationList ? certificate.issuer : certificate.subject
    }

    static func kind(_ certificate: CertificateReport) -> String {
        switch certificate.kind {
        case .revocationList: "revocation list"
        case .authority: "authority"
        case .certificate: "certificate"
        }
    }

    /// Yellow as the log warns: 30 days before a certificate ends, 7 before a list does.
    static func colour(_ certificate: CertificateReport, now: Int64) -> Parts.Colour {
        let left = certificate.ends - now
        return left <= 0 ? .bad : left < (certificate.kind == .revocationList ? 7 : 30) * day ? .warning : .good
    }

    private static func columns(now: Int64) -> [PageColumn<CertificateReport>] {
        [
            PageColumn("subject", "Subject", order: { .text(name($0)) }, cell: { "<span class=\"long\">\(name($0))</span>" }),
            .text("kind", "Kind", kind),
            PageColumn(
                "left", "Left", order: { .count($0.ends) },
                cell: { Parts.badge(colour($0, now: now), $0.ends <= now ? "expired" : Parts.remaining($0.ends - now)) }),
            PageColumn("ends", "Ends", order: { .count($0.ends) }, cell: { Parts.moment($0.ends) }),
            PageColumn("file", "File", order: { .text($0.file) }, cell: { "<span class=\"long\">\($0.file)</span>" }),
        ]
    }
}
