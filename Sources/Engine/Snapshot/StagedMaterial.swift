import Admin
import TLS

/// What an operator wants in place of a file, until it is committed.
struct StagedMaterial: Sendable {
    let file: MaterialFile
    let pem: [UInt8]
}

extension MaterialFile.Kind {
    init(_ kind: CertificateReport.Kind) {
        switch kind {
        case .certificate: self = .certificate
        case .authority: self = .authorities
        case .revocationList: self = .revocationLists
        }
    }
}

extension MaterialReport {
    /// Serial numbers shown of a CRL, which may revoke a million.
    private static let revokedLimit = 1000

    init(_ file: MaterialFile) {
        self.init(
            file: file.path, count: file.count, certificates: { file.certificateDetails },
            lists: { file.listDetails(limit: Self.revokedLimit) })
    }
}
