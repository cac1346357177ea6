import Settings

/// What became of a configuration.
package struct LoadResult: Sendable {
    /// nil where anything is an error.
    package let settings: ProxySettings?
    /// Errors and warnings in the file's order.
    package let diagnostics: [Diagnostic]

    package var hasErrors: Bool { settings == nil }
    package var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
    package var warnings: [Diagnostic] { diagnostics.filter { $0.severity == .warning } }
}
