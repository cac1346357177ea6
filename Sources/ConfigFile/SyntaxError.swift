import Yams

/// What the YAML library says of a broken text → a diagnostic in our form.
enum SyntaxError {
    static func report(_ error: YamlError, _ findings: Findings) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let isDepth = problem.hasPrefix("Maximum nesting level")
            findings.error(
                isDepth ? DocumentComposer.tooDeep : "not YAML: \(DocumentText.restored(problem))", at: Position(mark),
                hint: isDepth ? nil : hint(problem, context))
        case .composer(_, _, let mark, _):
            findings.error("a second document begins", at: Position(mark), hint: "one document a file, without ---")
        case .reader(let problem, let offset, _, let text):
            findings.error("not YAML: \(problem)", at: position(offset, text))
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "\"\(DocumentText.restored($0))\"" }.joined(separator: ", ")
            findings.error("duplicate key \(names)", at: Position(context.mark))
        default:
            findings.error("not YAML: \(error)", at: .start)
        }
    }

    private static func hint(_ problem: String, _ context: YamlError.Context?) -> String? {
        switch problem {
        case "found character that cannot start any token": return "indent with blanks, not tabs, and quote texts that start with % @ or `"
        case "mapping values are not allowed in this context": return "check the indentation, and quote texts that hold a colon"
        default: break
        }
        guard let context else { return nil }
        return "\(context.text), begun at \(context.mark.line):\(context.mark.column)"
    }

    /// `offset` counts characters.
    private static func position(_ offset: Int?, _ text: String) -> Position {
        guard let offset else { return .start }
        var line = 1
        var column = 1
        for character in text.prefix(offset) {
            column += character.unicodeScalars.count
            if character.isNewline { (line, column) = (line + 1, 1) }
        }
        return Position(line: line, column: column)
    }
}
