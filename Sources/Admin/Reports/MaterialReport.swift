import Model

/// A file of certificates or CRLs: its name, and on demand its content.
package struct MaterialReport: Sendable {
    package var file: String
    package var count: Int
    /// Of certificates the leaf first; called for the one that is shown alone.
    package var certificates: @Sendable () -> [CertificateDetails]
    package var lists: @Sendable () -> [RevocationListDetails]

    package init(
        file: String, count: Int, certificates: @escaping @Sendable () -> [CertificateDetails] = { [] },
        lists: @escaping @Sendable () -> [RevocationListDetails] = { [] }
    ) {
        self.file = file
        self.count = count
        self.certificates = certificates
        self.lists = lists
    }
}
