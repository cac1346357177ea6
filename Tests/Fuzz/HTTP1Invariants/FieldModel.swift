/// A second, slow and plain reading of field lines, to hold the fast one against.
struct FieldModel: Equatable {
    let name: String
    let value: String

    /// The field lines of a head that is known to be well-formed, in order. `head` begins with the start line or an empty line before
    /// it, and ends with the empty line.
    static func fields(ofHead head: [UInt8]) -> [FieldModel] {
        var lines = lines(of: head)
        while lines.first?.isEmpty == true { lines.removeFirst() }
        return lines.dropFirst().prefix { !$0.isEmpty }.map(FieldModel.init(line:))
    }

    static func fields(ofSection section: [UInt8]) -> [FieldModel] {
        lines(of: section).prefix { !$0.isEmpty }.map(FieldModel.init(line:))
    }

    private static func lines(of bytes: [UInt8]) -> [[UInt8]] {
        bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0.last == 0x0D ? $0.dropLast() : $0) }
    }

    private init(line: [UInt8]) {
        let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
        name = String(line[..<colon].map { Character(UnicodeScalar($0)) })
        var value = line[min(colon + 1, line.endIndex)...]
        while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
        self.value = String(value.map { Character(UnicodeScalar($0)) })
    }

    var folded: String { name.lowercased() }

    /// What an upstream that takes `_` for `-` reads.
    private var confused: String { String(folded.map { $0 == "_" ? "-" : $0 }) }

    var isIdentity: Bool {
        ["x-client-verify", "x-client-dn", "x-client-cert", "forwarded", "x-real-ip"].contains(confused)
            || confused.hasPrefix("x-forwarded-") || confused.hasPrefix("x-ssl-")
    }

    var isHopByHop: Bool {
        [
            "connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade", "trailer", "proxy-authenticate",
            "proxy-authorization",
        ].contains(folded)
    }

    /// What the Connection fields among `fields` name, but for what they cannot take away.
    static func named(by fields: [FieldModel]) -> Set<String> {
        var names: Set<String> = []
        for field in fields where field.folded == "connection" {
            for option in field.value.split(separator: ",") {
                names.insert(option.lowercased().filter { $0 != " " && $0 != "\t" })
            }
        }
        return names.subtracting(["host", "content-length", "expect", "close"])
    }
}
