/// One mistake or warning, as the operator reads it.
package struct Diagnostic: Hashable, Sendable {
    package enum Severity: String, Sendable { case error, warning }

    package let severity: Severity
    /// As the operator named it.
    package let file: String
    package let position: Position
    /// What is wrong: one line, without full stop.
    package let message: String
    /// What was probably meant; nil where nothing better than the message can be said.
    package let hint: String?

    package init(_ severity: Severity, file: String, position: Position, message: String, hint: String? = nil) {
        self.severity = severity
        self.file = file
        self.position = position
        self.message = message
        self.hint = hint
    }

    /// `FILE:LINE:COLUMN: error: what is wrong; hint: what was probably meant`.
    package var description: String {
        let start = "\(file):\(position.line):\(position.column): \(severity.rawValue): \(message)"
        guard let hint else { return start }
        return "\(start); hint: \(hint)"
    }
}
