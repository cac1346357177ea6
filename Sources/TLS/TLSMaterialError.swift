/// Why certificates, keys or CRLs cannot be used: which file, and what is wrong with it.
package struct TLSMaterialError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The path as it stands in the settings.
    package let file: String
    /// One line, without the file's name.
    package let problem: String

    package init(file: String, problem: String) {
        self.file = file
        self.problem = problem
    }

    package var description: String { "\(file): \(problem)" }
}
