import Model
import Puppet

/// Words with `*` and `?`, checked where it is known what they can match at all.
extension ScalarReader {
    /// For certificate names: what no certname holds is the syntax of another kind of pattern.
    func certnameGlob(_ value: DocumentValue) -> String? {
        guard let text = text(value) else { return nil }
        guard !text.utf8.contains(where: { "[]{}()|^$\\/+, ".utf8.contains($0) }) else {
            wrong(value, "\"\(text)\" matches no certname", hint: "globs know * and ? only")
            return nil
        }
        return text
    }

    /// For environments, whose names are letters, digits and underscores.
    func environmentGlob(_ value: DocumentValue) -> String? {
        guard let text = text(value), isEnvironmentGlob(text, value) else { return nil }
        return text
    }

    func isEnvironmentGlob(_ text: String, _ value: DocumentValue) -> Bool {
        guard !text.isEmpty, text.utf8.allSatisfy({ ASCII.isWord($0) || $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }) else {
            findings.error(
                "\"\(text)\" matches no environment", at: value.position, hint: "letters, digits and _; globs know * and ? only")
            return false
        }
        return true
    }

    /// A glob of endpoint words → the endpoints that it names, at least one.
    func endpoints(_ value: DocumentValue) -> Set<PuppetEndpoint>? {
        guard let text = text(value) else { return nil }
        let pattern = Array(text.utf8)
        let matching = PuppetEndpoint.allCases.filter { ScalarReader.matches(pattern, Array($0.rawValue.utf8)) }
        guard !matching.isEmpty else {
            let words = PuppetEndpoint.allCases.map(\.rawValue)
            wrong(value, "\"\(text)\" names no endpoint", hint: Suggestion.nearest(to: text, among: words) ?? words.joined(separator: ", "))
            return nil
        }
        return Set(matching)
    }

    func endpoint(_ text: String) -> PuppetEndpoint? { PuppetEndpoint(rawValue: text) }

    /// `*` any run of bytes, `?` any one byte. Walks back to the last star only, so that its time is bounded by the lengths' product.
    static func matches(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        var patternIndex = 0
        var textIndex = 0
        var retry: (pattern: Int, text: Int)?
        while textIndex < text.count {
            if patternIndex < pattern.count, pattern[patternIndex] == UInt8(ascii: "*") {
                patternIndex += 1
                retry = (patternIndex, textIndex)
            } else if patternIndex < pattern.count, pattern[patternIndex] == UInt8(ascii: "?") || pattern[patternIndex] == text[textIndex] {
                patternIndex += 1
                textIndex += 1
            } else if let last = retry {
                retry = (last.pattern, last.text + 1)
                patternIndex = last.pattern
                textIndex = last.text + 1
            } else {
                return false
            }
        }
        return pattern[patternIndex...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
