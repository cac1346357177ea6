import Yams

/// Text → values with places. Finds every duplicate key and every wrong alias; of syntax errors the first.
enum Document {
    /// Far above any real file.
    static let byteLimit = 1 << 20

    /// nil where there is nothing to read on with; the findings say why.
    static func parse(_ bytes: [UInt8], _ findings: Findings) -> DocumentValue? {
        guard bytes.count <= byteLimit else {
            findings.error("the file has more than \(byteLimit >> 10) KiB", at: .start)
            return nil
        }
        var input = bytes[...]
        if input.starts(with: [0xEF, 0xBB, 0xBF]) { input = input.dropFirst(3) }
        guard let text = String(validating: input, as: UTF8.self) else {
            findings.error("not YAML: the file is not valid UTF-8", at: firstInvalid(in: input))
            return nil
        }
        if let position = DocumentText.firstReserved(in: text) {
            findings.error("a character of the private use area", at: position)
            return nil
        }
        return compose(DocumentText(text), findings)
    }

    private static func compose(_ initial: DocumentText, _ findings: Findings) -> DocumentValue? {
        var text = initial
        while true {
            do {
                let parser = try Parser(yaml: text.composable, resolver: .basic, encoding: .utf8)
                guard let root = try parser.singleRoot() else {
                    findings.error("the file is empty", at: .start)
                    return nil
                }
                // Anchors are held by the parser alone.
                return withExtendedLifetime(parser) { DocumentComposer.value(of: root, exchanged: text.exchanged, findings) }
            } catch let error as YamlError {
                if case .duplicatedKeysInMapping(let keys, let context) = error, let key = keys.first,
                    text.exchangeKey(key, at: Position(context.mark))
                {
                    continue
                }
                SyntaxError.report(error, findings)
                return nil
            } catch {
                findings.error("not YAML: \(error)", at: .start)
                return nil
            }
        }
    }

    private static func firstInvalid(in bytes: ArraySlice<UInt8>) -> Position {
        // Line by line; within a line the longest valid start. Beyond 4 KiB of a line the column is not exact.
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            guard String(validating: line, as: UTF8.self) == nil else { continue }
            let valid = (0...min(line.count, 4096)).last { String(validating: line.prefix($0), as: UTF8.self) != nil } ?? 0
            let column = String(decoding: line.prefix(valid), as: UTF8.self).unicodeScalars.count + 1
            return Position(line: index + 1, column: column)
        }
        return .start
    }
}

extension Position {
    init(_ mark: Mark) { self.init(line: max(1, mark.line), column: max(1, mark.column)) }
}
