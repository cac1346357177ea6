/// A value of the file with its place. Scalars are their source text: `on`, `1.2` and `0660` stay what was written.
struct DocumentValue: Sendable {
    enum Content: Sendable {
        /// Nothing, `~` or `null`, unquoted: as if the key were left out.
        case null
        case scalar(String)
        case list([DocumentValue])
        /// In the file's order; keys are unique.
        case map([DocumentEntry])
        /// What could not be made out and has been reported: nothing else is said of it.
        case broken
    }

    var content: Content
    let position: Position
    /// Its key, for messages; that of its list for a list's element; empty for the whole document.
    var label = ""

    var isNull: Bool {
        if case .null = content { true } else { false }
    }

    var isBroken: Bool {
        if case .broken = content { true } else { false }
    }

    /// What it is, in a message's words.
    var kind: String {
        switch content {
        case .null: "null"
        case .scalar: "a single value"
        case .list: "a list"
        case .map: "a map"
        case .broken: "broken"
        }
    }

    /// The value of that key; nil where this is no map or has no such key.
    subscript(key: String) -> DocumentValue? {
        guard case .map(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    func labelled(_ label: String) -> DocumentValue {
        var copy = self
        copy.label = label
        return copy
    }
}

struct DocumentEntry: Sendable {
    let key: String
    let keyPosition: Position
    var value: DocumentValue
}
