import ArgumentParser

/// The contract's exit codes. What the argument parser refuses ends with 64 too.
enum Exit {
    static let failed = ExitCode(1)
    /// The result is negative.
    static let no = ExitCode(2)
    /// Wrong usage or wrong configuration.
    static let wrong = ExitCode(64)
}
