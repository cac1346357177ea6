/// The file's text as Unicode scalars that can be exchanged one for one, so that every place stays where it was.
///
/// Two things are kept from the YAML composer, which would expand aliases while it hashes keys (a "billion laughs" file never
/// ends) and stops at the first map with duplicate keys, without saying where the second is:
/// - each `*` becomes `aliasMark`, so that an alias arrives as a plain scalar and is resolved, bounded, by `DocumentComposer`;
/// - the first letter of a key that is given twice becomes a scalar of its own, and the text is composed again.
struct DocumentText {
    /// A character of the private use area: YAML takes it as a letter.
    static let aliasMark: Unicode.Scalar = "\u{F8FF}"
    /// The first of those that replace a duplicate key's first letter.
    static let firstKeyMark: UInt32 = 0xF000
    static let keyMarkLimit = 64
    /// What may be composed again in all, so that a large file with many duplicates does not take long.
    static let recomposedLimit = 2 << 20

    private var scalars: [Unicode.Scalar]
    private let lineStarts: [Int]
    /// Keys whose first letter was exchanged, by the place of the key, and that letter.
    private(set) var exchanged: [Position: Unicode.Scalar] = [:]

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        var starts = [0]
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            guard DocumentText.isBreak(scalar) else { continue }
            if scalar == "\r", index < scalars.count, scalars[index] == "\n" { index += 1 }
            starts.append(index)
        }
        lineStarts = starts
        for index in scalars.indices where scalars[index] == "*" { scalars[index] = DocumentText.aliasMark }
    }

    /// What the composer is given.
    var composable: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// A text of the composer as it is in the file.
    static func restored(_ text: String) -> String {
        guard text.unicodeScalars.contains(aliasMark) else { return text }
        var view = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { view.append(scalar == aliasMark ? "*" : scalar) }
        return String(view)
    }

    /// The first place of a scalar that this type uses itself, in a text that has not been exchanged yet.
    static func firstReserved(in text: String) -> Position? {
        var line = 1
        var column = 1
        for scalar in text.unicodeScalars {
            if scalar == aliasMark || (firstKeyMark..<firstKeyMark + UInt32(keyMarkLimit)).contains(scalar.value) {
                return Position(line: line, column: column)
            }
            column += 1
            if scalar == "\n" { (line, column) = (line + 1, 1) }
        }
        return nil
    }

    /// Makes the key at that place another one. False where the key is not written plainly (a tag or an anchor is before it,
    /// it is empty or holds escapes), or where too many have been exchanged.
    mutating func exchangeKey(_ key: String, at position: Position) -> Bool {
        guard exchanged.count < DocumentText.keyMarkLimit, exchanged.count * scalars.count < DocumentText.recomposedLimit,
            exchanged[position] == nil, (1...lineStarts.count).contains(position.line),
            let mark = Unicode.Scalar(DocumentText.firstKeyMark + UInt32(exchanged.count))
        else { return false }
        var index = lineStarts[position.line - 1] + position.column - 1
        if index < scalars.count, scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        let letters = Array(key.unicodeScalars)
        guard let first = letters.first, index + letters.count <= scalars.count, Array(scalars[index..<index + letters.count]) == letters
        else { return false }
        exchanged[position] = first
        scalars[index] = mark
        return true
    }

    /// YAML 1.1's line breaks, as the composer counts them.
    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }
}
