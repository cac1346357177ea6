/// A request's target on `admin.http`, in the forms that HAProxy's stats page has: `/path;word;word?name=value&word;word`.
package struct AdminTarget: Sendable {
    /// Without words and query.
    package private(set) var path: String
    /// `csv`, `json`, `norefresh` and the like, wherever they stand.
    package private(set) var words: Set<String> = []
    private var values: [String: String] = [:]

    /// - Parameter text: in origin-form; bounded by the head's limit
    package init(_ text: String) {
        let halves = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let pieces = halves[0].split(separator: ";", omittingEmptySubsequences: false)
        path = String(pieces[0])
        words = Set(pieces.dropFirst().map(String.init))
        guard halves.count == 2 else { return }
        for part in halves[1].split(whereSeparator: { $0 == "&" || $0 == ";" }) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if sides.count == 2 {
                values[String(sides[0])] = Self.decoded(sides[1])
            } else {
                words.insert(String(part))
            }
        }
    }

    /// A value of the query, decoded; nil where the name is not there.
    package subscript(name: String) -> String? { values[name] }

    /// As forms encode: `+` for a space, `%` and two hexadecimal digits for a byte; a `%` without them stands for itself.
    private static func decoded(_ text: Substring) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let hasDigits = bytes[position] == 0x25 && position + 2 < bytes.count
            if hasDigits, let high = digit(bytes[position + 1]), let low = digit(bytes[position + 2]) {
                result.append(high << 4 | low)
                position += 3
            } else {
                result.append(bytes[position] == 0x2B ? 0x20 : bytes[position])
                position += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
