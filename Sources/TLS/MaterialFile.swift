import COpenSSL
import Model

/// The contents of one file: a chain with its key, CA certificates, or CRLs. Either in force, or staged by an operator to replace it.
package struct MaterialFile: Sendable {
    package enum Kind: Sendable, Hashable { case certificate, authorities, revocationLists }

    package let kind: Kind
    package let path: String
    private let certificates: [Certificate]
    private let lists: [RevocationList]
    private let key: PrivateKey?

    init(_ kind: Kind, path: String, certificates: [Certificate] = [], lists: [RevocationList] = [], key: PrivateKey? = nil) {
        self.kind = kind
        self.path = path
        self.certificates = certificates
        self.lists = lists
        self.key = key
    }

    /// Reads PEM that shall replace the file's contents; a certificate's key may be missing.
    package init(_ kind: Kind, path: String, pem: [UInt8]) throws(TLSMaterialError) {
        let file = try PEMFile(path, [path: pem])
        switch kind {
        case .certificate: self.init(kind, path: path, certificates: try file.certificates(), key: try? file.privateKey())
        case .authorities: self.init(kind, path: path, certificates: try file.certificates())
        case .revocationLists: self.init(kind, path: path, lists: try file.revocationLists())
        }
    }

    package var count: Int { certificates.count + lists.count }
    package var hasKey: Bool { key != nil }

    package var keyFits: Bool {
        guard let key, let leaf = certificates.first else { return false }
        defer { ERR_clear_error() }
        return X509_check_private_key(leaf.pointer, key.pointer) == 1
    }

    package var certificateDetails: [CertificateDetails] { certificates.map(CertificateDetails.init) }

    /// - Parameter limit: entries reported of each list
    package func listDetails(limit: Int) -> [RevocationListDetails] { lists.map { RevocationListDetails($0, limit: limit) } }
}
