import Model

/// `show ssl …`: names of files, or the content of one.
enum MaterialTexts {
    typealias Kind = CertificateReport.Kind

    static func show(_ input: AdminCommands.CommandInput, _ kind: Kind) -> AdminCommands.CommandResult {
        let used = input.host.materials(kind)
        let staged = input.host.transaction(kind)
        guard let name = input.words.first else {
            let transaction = staged.map { "# transaction\n" + line($0, kind, mark: "*") } ?? ""
            return .text(transaction + "# filename\n" + used.map { line($0, kind) }.joined())
        }
        let isStaged = name.hasPrefix("*")
        let wanted = isStaged ? staged.flatMap { "*\($0.file)" == name ? $0 : nil } : used.first { $0.file == name }
        guard let wanted else { return .refused(missing(kind)) }
        return .text("Filename: \(name)\nStatus: \(isStaged ? "Unused" : "Used")\n" + content(wanted, kind))
    }

    private static func line(_ material: MaterialReport, _ kind: Kind, mark: String = "") -> String {
        mark + material.file + (kind == .authority ? " - \(material.count) certificate(s)" : "") + "\n"
    }

    private static func missing(_ kind: Kind) -> String {
        switch kind {
        case .certificate: "Can't display the certificate: Not found or the certificate is a bundle!\n"
        case .authority: "Can't display the CA file : Not found!\n"
        case .revocationList: "Can't display the CRL file : Not found!\n"
        }
    }

    private static func content(_ material: MaterialReport, _ kind: Kind) -> String {
        switch kind {
        case .certificate:
            let chain = material.certificates()
            return chain.prefix(1).map(certificate).joined()
                + chain.dropFirst().map { "Chain Subject: \($0.subject)\nChain Issuer: \($0.issuer)\n" }.joined()
                + "OCSP Response Key: \n"
        case .authority:
            return material.certificates().enumerated().map { " \nCertificate #\($0 + 1):\n" + certificate($1) }.joined()
        case .revocationList:
            return material.lists().enumerated().map { " \nCertificate Revocation List #\($0 + 1):\n" + list($1) }.joined()
        }
    }

    private static func certificate(_ details: CertificateDetails) -> String {
        "Serial: \(details.serial)\nnotBefore: \(Timestamps.certificateDate(details.begins))\n"
            + "notAfter: \(Timestamps.certificateDate(details.ends))\nSubject Alternative Name: \(details.names)\n"
            + "Algorithm: \(details.algorithm)\nSHA1 FingerPrint: \(details.fingerprint)\n"
            + "Subject: \(details.subject)\nIssuer: \(details.issuer)\n"
    }

    private static func list(_ details: RevocationListDetails) -> String {
        func date(_ seconds: Int64?) -> String { seconds.map(Timestamps.certificateDate) ?? "NONE" }
        var text = "Version \(details.version)\nSignature Algorithm: \(details.algorithm)\nIssuer: \(details.issuer)\n"
        text += "Last Update: \(date(details.lastUpdate))\nNext Update: \(date(details.nextUpdate))\n"
        if details.revokedCount == 0 { return text + "No Revoked Certificates.\n" }
        text += "Revoked Certificates:\n"
        for entry in details.revoked {
            text += "    Serial Number: \(entry.serial)\n        Revocation Date: \(date(entry.date))\n"
        }
        let left = details.revokedCount - details.revoked.count
        return left == 0 ? text : text + "# \(left) more are not shown\n"
    }
}
