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

    /// For names that clients send as SNI.
    func hostGlob(_ value: DocumentValue) -> String? {
        glob(value, of: "server name", hint: "letters, digits, . and -; globs know * and ? only") {
            ASCII.isWord($0) || $0 == 0x2D || $0 == 0x2E
        }
    }

    /// For `X-Puppet-Version`, such as `7.*`.
    func versionGlob(_ value: DocumentValue) -> String? {
        glob(value, of: "agent's version", hint: "as 8.10.0 or 7.*; globs know * and ? only") {
            ASCII.isWord($0) || "-.+".utf8.contains($0)
        }
    }

    private func glob(_ value: DocumentValue, of what: String, hint: String, _ isPossible: (UInt8) -> Bool) -> String? {
        guard let text = text(value) else { return nil }
        guard text.utf8.allSatisfy({ isPossible($0) || $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }) else {
            wrong(value, "\"\(text)\" matches no \(what)", hint: hint)
            return nil
        }
        return text
    }

    /// For normalised paths: they begin with a slash and have no empty segment.
    func pathGlob(_ value: DocumentValue) -> String? {
        guard let text = text(value) else { return nil }
        guard ["/", "*", "?"].contains(text.prefix(1)), !text.contains("//") else {
            wrong(value, "\"\(text)\" matches no path", hint: "as /puppet/v3/tasks*, without query; globs know * and ? only")
            return nil
        }
        return text
    }

    func method(_ value: DocumentValue) -> RequestMethod? {
        guard let text = text(value) else { return nil }
        let method = RequestMethod(word: text)
        guard method != .other, method != .connect, method != .trace else {
            let words = RequestMethod.allCases.filter { $0 != .other && $0 != .connect && $0 != .trace }.map(\.word)
            wrong(
                value, "\"\(text)\" is no method that is forwarded",
                hint: Suggestion.nearest(to: text.uppercased(), among: words) ?? words.joined(separator: ", "))
            return nil
        }
        return method
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
