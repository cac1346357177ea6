/// What the configuration accepts and this version does not do yet: the whole list. When a feature is built, its row goes.
enum WithoutEffect {
    /// When a value counts as asking for the feature.
    enum Condition {
        /// Left out and null do not count.
        case isSet
        case isText(String)
    }

    struct Row {
        /// Keys from the top; `*` for any key or list element.
        let path: [String]
        let condition: Condition
        /// What happens instead.
        var instead: String?

        init(_ path: String, _ condition: Condition, instead: String? = nil) {
            self.path = path.split(separator: ".").map(String.init)
            self.condition = condition
            self.instead = instead
        }

        /// As the operator knows it: the path without its stars.
        var subject: String { path.filter { $0 != "*" }.joined(separator: ".") }
    }

    static let rows = [
        Row("listeners.*.http2", .isText("true"), instead: "HTTP/1.1 is spoken"),
        Row("pools.*.stick.peers", .isSet, instead: "sticks are not shared with others"),
        Row("admin.http.allow_changes", .isText("true"), instead: "the page only tells"),
        Row("admin.http.token_file", .isSet),
        Row("peers", .isSet),
    ]

    /// One warning for each row that the document asks for, at the first place.
    static func warn(_ root: DocumentValue, _ findings: Findings) {
        for row in rows {
            guard let value = first(row.path[...], row.condition, root) else { continue }
            var subject = row.subject
            if case .isText(let text) = row.condition { subject += ": \(text)" }
            findings.warning("\(subject): without effect in this version", at: value.position, hint: row.instead)
        }
    }

    /// The first value in the file's order that the path names and the condition takes.
    private static func first(_ path: ArraySlice<String>, _ condition: Condition, _ value: DocumentValue) -> DocumentValue? {
        guard let key = path.first else { return holds(condition, value) ? value : nil }
        let rest = path.dropFirst()
        switch value.content {
        case .map(let entries):
            // A list of one may be written as its element.
            if key == "*", value.label == "servers" || value.label == "listeners" { return first(rest, condition, value) }
            for entry in entries where key == "*" || entry.key == key {
                if let found = first(rest, condition, entry.value) { return found }
            }
        case .list(let elements) where key == "*":
            for element in elements {
                if let found = first(rest, condition, element) { return found }
            }
        case .null, .scalar, .list, .broken: break
        }
        return nil
    }

    private static func holds(_ condition: Condition, _ value: DocumentValue) -> Bool {
        if value.isNull || value.isBroken { return false }
        let text: String? = if case .scalar(let text) = value.content { text } else { nil }
        switch condition {
        case .isSet: return true
        case .isText(let expected): return text == expected
        }
    }
}
