/// One piece of what may follow a command's name: declared once, shown by `help`, and what does not fit is an error.
///
/// Required pieces may be missing: the command reports that itself, in HAProxy's text where there is one.
indirect enum Argument: Sendable {
    /// Any one word, by its name in `help`.
    case value(String)
    /// A whole number.
    case integer(String)
    /// This very word.
    case keyword(String)
    /// These, or nothing.
    case optional([Argument])
    /// The first form whose first piece fits.
    case oneOf([[Argument]])
    /// Any of these words in any order, each once.
    case flags([String])
    /// All that follows: the command parses it and rejects what it does not know.
    case rest(String)

    /// The words that are left after these pieces have taken theirs, in order.
    static func rest(of words: ArraySlice<String>, after arguments: some Sequence<Argument>) -> ArraySlice<String> {
        var words = words
        for argument in arguments {
            guard let rest = argument.take(words) else { break }
            words = rest
        }
        return words
    }

    /// The words after this piece's; nil: the first word does not fit, or there is none.
    private func take(_ words: ArraySlice<String>) -> ArraySlice<String>? {
        switch self {
        case .value: return words.isEmpty ? nil : words.dropFirst()
        case .integer: return words.first.flatMap { Int($0) } == nil ? nil : words.dropFirst()
        case .keyword(let word): return words.first == word ? words.dropFirst() : nil
        case .optional(let pieces): return Self.take(words, pieces) ?? words
        case .oneOf(let forms): return forms.lazy.compactMap { Self.take(words, $0) }.first
        case .flags(let names):
            var (names, words) = (Set(names), words)
            while let word = words.first, names.remove(word) != nil { words.removeFirst() }
            return words
        case .rest: return words.suffix(0)
        }
    }

    /// nil where the first of the pieces does not fit.
    private static func take(_ words: ArraySlice<String>, _ pieces: [Argument]) -> ArraySlice<String>? {
        guard let first = pieces.first, let rest = first.take(words) else { return nil }
        return Self.rest(of: rest, after: pieces.dropFirst())
    }

    /// As `help` shows it.
    var usage: String {
        switch self {
        case .value(let name), .integer(let name): "<\(name)>"
        case .keyword(let word): word
        case .optional(let pieces): "[\(Self.usage(pieces))]"
        case .oneOf(let forms): forms.map(Self.usage).joined(separator: "|")
        case .flags(let names): names.map { "[\($0)]" }.joined(separator: " ")
        case .rest(let text): text
        }
    }

    static func usage(_ pieces: [Argument]) -> String { pieces.map(\.usage).joined(separator: " ") }
}
