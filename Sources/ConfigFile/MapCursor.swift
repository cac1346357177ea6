/// Reads a map key by key. Every key that is asked for is a known one; `finish` reports the others.
///
///     guard var map = MapCursor(value, findings) else { return nil }
///     map.set(&queue.size, "size", scalar.size(0...Int.max))
///     map.finish()
struct MapCursor {
    let position: Position
    private let entries: [DocumentEntry]
    private let findings: Findings
    /// True while `defaults` are read by themselves: what they leave out, a pool may still say.
    private let isPartial: Bool
    private var known: [String] = []

    /// nil, reported, for what is no map.
    init?(_ value: DocumentValue, isPartial: Bool = false, _ findings: Findings) {
        guard case .map(let entries) = value.content else {
            guard !value.isBroken else { return nil }
            let subject = value.label.isEmpty ? "the file" : "\"\(value.label)\""
            findings.error("\(subject) must be a map, not \(value.kind)", at: value.position)
            return nil
        }
        self.entries = entries
        self.findings = findings
        self.isPartial = isPartial
        position = value.position
    }

    /// nil where the key is left out or null.
    mutating func value(_ key: String) -> DocumentValue? {
        if !known.contains(key) { known.append(key) }
        guard let value = entries.first(where: { $0.key == key })?.value, !value.isNull else { return nil }
        return value
    }

    /// nil where the key is left out, null or wrong (then reported by `read`).
    mutating func read<Value>(_ key: String, _ read: (DocumentValue) -> Value?) -> Value? {
        guard let value = value(key) else { return nil }
        return read(value)
    }

    /// As `read`; a key left out or null is reported.
    mutating func require<Value>(_ key: String, _ read: (DocumentValue) -> Value?) -> Value? {
        guard let value = value(key) else {
            if !isPartial { findings.error("\"\(key)\" is missing", at: position) }
            return nil
        }
        return read(value)
    }

    /// Leaves `target` as it is where the key is left out, null or wrong.
    mutating func set<Value>(_ target: inout Value, _ key: String, _ read: (DocumentValue) -> Value?) {
        if let value = self.read(key, read) { target = value }
    }

    func finish() {
        for entry in entries where !known.contains(entry.key) {
            findings.error(
                "unknown key \"\(entry.key)\"", at: entry.keyPosition,
                hint: Suggestion.nearest(to: entry.key, among: known) ?? "known are \(known.joined(separator: ", "))")
        }
    }
}
