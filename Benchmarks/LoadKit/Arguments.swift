import Glibc

/// The command line: `--name value` pairs, a name once or often.
package struct Arguments {
    private var values: [String: [String]] = [:]

    /// Ends the process with 64 if the words are not such pairs.
    package init(_ words: ArraySlice<String>) {
        var words = words
        while let name = words.popFirst() {
            guard name.hasPrefix("--"), let value = words.popFirst() else { fail(64, "expected --name value, found \(name)") }
            values[String(name.dropFirst(2)), default: []].append(value)
        }
    }

    package func all(_ name: String) -> [String] { values[name] ?? [] }
    package func one(_ name: String) -> String? { values[name]?.last }

    package func required(_ name: String) -> String {
        guard let value = one(name) else { fail(64, "--\(name) is missing") }
        return value
    }

    package func number(_ name: String, default standard: Int) -> Int {
        guard let text = one(name) else { return standard }
        guard let value = Int(text) else { fail(64, "--\(name) wants a number") }
        return value
    }
}
