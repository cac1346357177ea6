import Settings

/// What a load compares its files with: the certificates, CAs and CRLs that are in force, those of the process before this one too. Empty at a
/// first start.
package struct MaterialInForce: Sendable {
    private(set) var served: [CertificateFiles: ServedCertificate] = [:]
    private(set) var trust: [TrustLoader.TrustFiles: (store: CertificateStore, standings: [IssuerStanding])] = [:]
    private var listsByFile: [String: [RevocationList]] = [:]

    package init() {}

    package mutating func add(_ material: ServerTLSMaterial) {
        for certificate in material.certificates { served[certificate.files] = certificate }
        if let trust = material.trust { add(trust, material.standings) }
    }

    package mutating func add(_ material: ClientTLSMaterial) {
        if let certificate = material.certificate { served[certificate.files] = certificate }
        if let trust = material.trust { add(trust, material.standings) }
    }

    private mutating func add(_ store: CertificateStore, _ standings: [IssuerStanding]) {
        trust[TrustLoader.TrustFiles(ca: store.caFile, crl: store.crlFile)] = (store, standings)
        guard let file = store.crlFile else { return }
        for list in store.lists { add(list, of: file) }
    }

    private mutating func add(_ list: RevocationList, of file: String) {
        guard listsByFile[file]?.contains(list) != true else { return }
        listsByFile[file, default: []].append(list)
    }

    /// Those that came from the same file; where it had none, as after it was renamed, all.
    func lists(_ files: TrustLoader.TrustFiles) -> [RevocationList] {
        if let known = files.crl.flatMap({ listsByFile[$0] }) { return known }
        return listsByFile.keys.sorted().flatMap { listsByFile[$0] ?? [] }
    }

    package func hasSameLists(as other: MaterialInForce) -> Bool {
        listsByFile.count == other.listsByFile.count
            && listsByFile.allSatisfy { file, lists in
                other.listsByFile[file].map { $0.elementsEqual(lists, by: ==) } ?? false
            }
    }

    // MARK: From one process to the next

    private static let mark = "#crl-file "
    private static let head = "# The CRLs that puppetfront has in force, which a newer file must not fall behind.\n"

    /// The CRLs as text: a line with each file's path, then its CRLs in PEM. Empty where there are none.
    package var text: [UInt8] {
        guard !listsByFile.isEmpty else { return [] }
        var text = Array(MaterialInForce.head.utf8)
        for (file, lists) in listsByFile.sorted(by: { $0.key < $1.key }) {
            text += "\(MaterialInForce.mark)\(file)\n".utf8
            for list in lists { text += list.pem }
        }
        return text
    }

    /// CRLs that `text` has written.
    package mutating func addLists(from text: [UInt8], path: String) throws(TLSMaterialError) {
        var sections: [(file: String, pem: [UInt8])] = []
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.starts(with: MaterialInForce.mark.utf8) {
                sections.append((String(decoding: line.dropFirst(MaterialInForce.mark.utf8.count), as: UTF8.self), []))
            } else if !sections.isEmpty {
                sections[sections.count - 1].pem += line + [UInt8(ascii: "\n")]
            }
        }
        for section in sections {
            for list in try PEMFile(path, [path: section.pem]).revocationLists() { add(list, of: section.file) }
        }
    }
}
