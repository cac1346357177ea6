import Settings

/// What became of a configuration.
package struct LoadResult: Sendable {
    /// nil where anything is an error.
    package let settings: ProxySettings?
    /// Errors and warnings in the file's order.
    package let diagnostics: [Diagnostic]
    /// Warnings of what is legal and most probably not meant, in the file's order; for `check` alone.
    package let advice: [Diagnostic]
    /// Certificates, keys and the like, where the file names them.
    let files: [FileReference]
    private let file: String

    init(
        settings: ProxySettings?, diagnostics: [Diagnostic], advice: [Diagnostic] = [], files: [FileReference] = [], file: String
    ) {
        self.settings = settings
        self.diagnostics = diagnostics
        self.advice = advice
        self.files = files.sorted { $0.position < $1.position }
        self.file = file
    }

    package var hasErrors: Bool { settings == nil }
    package var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
    package var warnings: [Diagnostic] { diagnostics.filter { $0.severity == .warning } }

    /// What another part says of a file that the configuration names, with the place where it names it: that of the longest path in
    /// the text, else the file's beginning.
    package func located(_ text: String, _ severity: Diagnostic.Severity) -> Diagnostic {
        let named = files.filter { text.contains($0.path) }.max { $0.path.utf8.count < $1.path.utf8.count }
        let first = files.first { $0.path == named?.path }
        return Diagnostic(severity, file: file, position: first?.position ?? .start, message: text)
    }
}
