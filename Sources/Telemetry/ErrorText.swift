import Model

/// Why did a server fail a request? One line of its text, from the first bytes of its response's content.
///
/// Puppet Server's errors are JSON with a `message`, Jetty's are HTML, others plain text; each may be compressed with gzip. The result has
/// no line end and is cut at a character of UTF-8. Whatever the content, the work is bounded.
package enum ErrorText {
    /// Bytes of content worth keeping of a response.
    package static let contentBound = 4096
    /// Bytes of a line.
    package static let lineBound = 300

    /// - Parameter content: without transfer coding; cut anywhere
    /// - Returns: empty where there is no text
    package static func line(of content: [UInt8]) -> [UInt8] {
        let text = GzipPrefix.isGzip(content) ? GzipPrefix.content(of: content, limit: contentBound) : content
        switch text.first(where: { !isBlank($0) }) {
        case UInt8(ascii: "{"): return firstLine(message(text) ?? text)
        case UInt8(ascii: "<"): return firstLine(withoutTags(text))
        default: return firstLine(text)
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// The first line that is not blank, without blanks around it.
    private static func firstLine(_ text: [UInt8]) -> [UInt8] {
        var line = text.drop(while: isBlank).prefix { $0 != 0x0A && $0 != 0x0D }
        while let last = line.last, isBlank(last) { line.removeLast() }
        guard line.count > lineBound else { return Array(line) }
        var end = line.startIndex + lineBound
        while end > line.startIndex, line[end] & 0xC0 == 0x80 { end -= 1 }
        return Array(line[..<end])
    }

    private static func withoutTags(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var isInTag = false
        for byte in text {
            switch byte {
            case UInt8(ascii: "<"): isInTag = true
            case UInt8(ascii: ">") where isInTag: isInTag = false
            default: if !isInTag { result.append(byte) }
            }
        }
        return result
    }

    // MARK: JSON

    /// The string that is the object's own member `message`, as far as it goes; nil: there is none.
    private static func message(_ text: [UInt8]) -> [UInt8]? {
        var scanner = Scanner(text)
        guard scanner.take(UInt8(ascii: "{")) else { return nil }
        while let name = scanner.string() {
            guard scanner.take(UInt8(ascii: ":")) else { return nil }
            if name == Self.messageName, let found = scanner.string() { return found }
            scanner.skipValue()
            guard scanner.take(UInt8(ascii: ",")) else { return nil }
        }
        return nil
    }

    private static let messageName = Array("message".utf8)

    /// Reads JSON that may be cut anywhere.
    private struct Scanner {
        private let text: [UInt8]
        private var position = 0

        init(_ text: [UInt8]) { self.text = text }

        private mutating func skipBlanks() { while position < text.count, ErrorText.isBlank(text[position]) { position += 1 } }

        mutating func take(_ byte: UInt8) -> Bool {
            skipBlanks()
            guard position < text.count, text[position] == byte else { return false }
            position += 1
            return true
        }

        /// A string's content, decoded; of one that is cut what there is. nil: there is no string here.
        mutating func string() -> [UInt8]? {
            guard take(UInt8(ascii: "\"")) else { return nil }
            var result: [UInt8] = []
            while position < text.count {
                let byte = text[position]
                position += 1
                if byte == UInt8(ascii: "\"") { return result }
                if byte == UInt8(ascii: "\\") { escape(&result) } else { result.append(byte) }
            }
            return result
        }

        private mutating func escape(_ result: inout [UInt8]) {
            guard position < text.count else { return }
            let byte = text[position]
            position += 1
            switch byte {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "b"), UInt8(ascii: "f"): result.append(0x20)
            case UInt8(ascii: "u"):
                var unit = hexadecimal()
                if unit >> 10 == 0x36, position + 1 < text.count, text[position] == 0x5C, text[position + 1] == UInt8(ascii: "u") {
                    position += 2
                    unit = 0x10000 + (unit & 0x3FF) << 10 + hexadecimal() & 0x3FF
                }
                result += String(Character(Unicode.Scalar(unit) ?? "\u{FFFD}")).utf8
            default: result.append(byte)
            }
        }

        /// Four digits; one that is none counts as 0.
        private mutating func hexadecimal() -> UInt32 {
            var value: UInt32 = 0
            for _ in 0..<4 where position < text.count {
                let byte = text[position]
                position += 1
                value = value << 4 | UInt32(ASCII.hexValue(byte) ?? 0)
            }
            return value
        }

        /// Up to the comma or brace after a value at this depth.
        mutating func skipValue() {
            var depth = 0
            while position < text.count {
                switch text[position] {
                case UInt8(ascii: "\""):
                    _ = string()
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { return }
                    depth -= 1
                case UInt8(ascii: ","): if depth == 0 { return }
                default: break
                }
                position += 1
            }
        }
    }
}
