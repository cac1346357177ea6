import Model

/// A form's content (application/x-www-form-urlencoded): names and values in their order. Its reader bounds it.
package struct FormText: Sendable {
    private let pairs: [(name: String, value: String)]

    /// - Parameter text: parts between `&`; one without `=` has an empty value
    package init(_ text: some StringProtocol) {
        pairs = text.split(separator: "&").map { part in
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(sides[0]), sides.count == 2 ? Self.decoded(sides[1]) : "")
        }
    }

    package init(_ bytes: [UInt8]) { self.init(String(decoding: bytes, as: UTF8.self)) }

    /// The first of that name.
    package subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }
    package func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// `+` for a space, `%` and two hexadecimal digits for a byte; a `%` without them is itself.
    static func decoded(_ text: some StringProtocol) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let hasDigits = bytes[position] == 0x25 && position + 2 < bytes.count
            if hasDigits, let high = ASCII.hexValue(bytes[position + 1]), let low = ASCII.hexValue(bytes[position + 2]) {
                result.append(high << 4 | low)
                position += 3
            } else {
                result.append(bytes[position] == 0x2B ? 0x20 : bytes[position])
                position += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
