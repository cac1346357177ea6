import COpenSSL
import Settings

/// The CRLs of one file that come into force, for one CA after the other. Those of a CA's name that another key has signed are left out:
/// OpenSSL might take such a one for the CA's own.
struct RevocationListChoice {
    private let file: String
    private let succession: CRLSuccession
    private let rules: TLSRules
    private let read: [RevocationList]
    private let inForce: [RevocationList]
    /// By index in `read`.
    private var used: Set<Int> = []
    private(set) var lists: [RevocationList] = []
    private(set) var heldBack: [HeldBackFile] = []
    /// One sentence each.
    private(set) var omissions: [String] = []

    init(_ file: String, _ rules: TLSRules, _ read: [RevocationList], _ inForce: [RevocationList], now: Int64) {
        self.file = file
        self.rules = rules
        self.read = read
        self.inForce = inForce
        succession = CRLSuccession(file: file, rules: rules, now: now)
    }

    /// False: neither the file nor what is in force has one that the CA's key signed.
    mutating func choose(of authority: Certificate) -> Bool {
        let signed = read.indices.filter { read[$0].isSigned(by: authority) }
        used.formUnion(signed)
        return choose(signed.map { read[$0] }, before: inForce.filter { $0.isSigned(by: authority) })
    }

    /// CRLs of CAs that are not in the CA file: agents may send an intermediate CA's certificate, which needs its CRL then.
    mutating func chooseOthers(_ authorities: [Certificate]) {
        var groups: [[[UInt8]]: [RevocationList]] = [:]
        for index in read.indices where !used.contains(index) {
            let list = read[index]
            if authorities.contains(where: { $0.isNamed(list.issuerName) }) {
                omissions.append("\(file): a CRL of \(list.issuer) is signed with another key than the CA's: it is left out")
            } else {
                groups[RevocationListChoice.name(list), default: []].append(list)
            }
        }
        for (name, group) in groups.sorted(by: { $0.key[0].lexicographicallyPrecedes($1.key[0]) }) {
            _ = choose(group, before: inForce.filter { RevocationListChoice.name($0) == name })
        }
    }

    private mutating func choose(_ candidates: [RevocationList], before: [RevocationList]) -> Bool {
        guard !candidates.isEmpty || !before.isEmpty else { return false }
        var scopes: [[UInt8]] = []
        let kept = candidates.isEmpty || rules.crlShrink == .refuse ? before : []
        for scope in (candidates + kept).map(\.scope) where !scopes.contains(scope) { scopes.append(scope) }
        for scope in scopes {
            let newest = before.filter { $0.scope == scope }.max { CRLSuccession.isOlder($0, than: $1) }
            guard let choice = succession.choose(candidates.filter { $0.scope == scope }, before: newest) else { continue }
            if !lists.contains(choice.list) { lists.append(choice.list) }
            if let held = choice.heldBack, !heldBack.contains(held) { heldBack.append(held) }
        }
        return true
    }

    private static func name(_ list: RevocationList) -> [[UInt8]] {
        [DER.encode { i2d_X509_NAME(list.issuerName, $0) }, list.signingKey]
    }
}
