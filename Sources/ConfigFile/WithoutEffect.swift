/// What the configuration accepts and this version does not do yet: the whole list. When a feature is built, its row goes.
enum WithoutEffect {
    struct Row {
        /// Keys from the top; `*` for any key or list element.
        let path: [String]
        /// What happens instead.
        var instead: String?

        init(_ path: String, instead: String? = nil) {
            self.path = path.split(separator: ".").map(String.init)
            self.instead = instead
        }

        /// As the operator knows it: the path without its stars.
        var subject: String { path.filter { $0 != "*" }.joined(separator: ".") }
    }

    static let rows = [
        Row("pools.*.stick.peers", instead: "sticks are not shared with others"),
        Row("peers"),
    ]

    /// One warning for each row that the document asks for, at the first place.
    static func warn(_ root: DocumentValue, _ findings: Findings) {
        for row in rows {
            guard let value = first(row.path[...], root) else { continue }
            findings.warning("\(row.subject): without effect in this version", at: value.position, hint: row.instead)
        }
    }

    /// The first value in the file's order that the path names. Left out and null do not count.
    private static func first(_ path: ArraySlice<String>, _ value: DocumentValue) -> DocumentValue? {
        guard let key = path.first else { return value.isNull || value.isBroken ? nil : value }
        let rest = path.dropFirst()
        switch value.content {
        case .map(let entries):
            // A list of one may be written as its element.
            if key == "*", value.label == "servers" || value.label == "listeners" { return first(rest, value) }
            for entry in entries where key == "*" || entry.key == key {
                if let found = first(rest, entry.value) { return found }
            }
        case .list(let elements) where key == "*":
            for element in elements {
                if let found = first(rest, element) { return found }
            }
        case .null, .scalar, .list, .broken: break
        }
        return nil
    }
}
