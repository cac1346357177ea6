/// A message's head as received, and its field lines.
package struct MessageHead: Sendable {
    /// Everything up to and including the empty line.
    package let bytes: [UInt8]
    package let startLine: String
    /// Names as written, values without the white space around them, in order.
    package let fields: [(name: String, value: String)]

    /// Accepts `name: value` lines that end in CRLF; nil for anything else.
    package init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard bytes.count >= 4, bytes.suffix(4).elementsEqual([13, 10, 13, 10]) else { return nil }
        let lines = bytes.dropLast(4).split(separator: 10, omittingEmptySubsequences: false)
        guard let first = lines.first else { return nil }
        startLine = String(decoding: first.last == 13 ? first.dropLast() : first, as: UTF8.self)
        var fields: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex else { return nil }
            let value = line[(colon + 1)...].drop { $0 == 32 || $0 == 9 }
            let end = value.lastIndex { $0 != 32 && $0 != 9 && $0 != 13 }.map { $0 + 1 } ?? value.startIndex
            fields.append((String(decoding: line[..<colon], as: UTF8.self), String(decoding: value[..<end], as: UTF8.self)))
        }
        self.fields = fields
    }

    /// The first value of that name, compared without case.
    package func first(_ name: String) -> String? {
        let folded = name.lowercased()
        return fields.first { $0.name.lowercased() == folded }?.value
    }

    package func all(_ name: String) -> [String] {
        let folded = name.lowercased()
        return fields.filter { $0.name.lowercased() == folded }.map(\.value)
    }

    /// Whether a comma-separated field names that token.
    package func lists(_ token: String, in name: String) -> Bool {
        all(name).contains { value in
            value.split(separator: ",").contains { $0.lowercased().filter { $0 != " " && $0 != "\t" } == token }
        }
    }
}
