/// Why certificates, keys, CRLs or ticket keys cannot be used: which file, and what is wrong with it.
package struct TLSMaterialError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The path as written in the settings.
    package let file: String
    /// Counts from 1; nil: the file as a whole.
    package let line: Int?
    /// One line, without the file's name.
    package let problem: String

    package init(file: String, line: Int? = nil, problem: String) {
        self.file = file
        self.line = line
        self.problem = problem
    }

    package var description: String { line.map { "\(file):\($0): \(problem)" } ?? "\(file): \(problem)" }
}
