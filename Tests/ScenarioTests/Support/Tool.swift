import TestKit

/// A program of the system that does its work and ends.
enum Tool {
    /// Its exit code; nil where it does not end.
    /// - Parameter words: the program's path first
    static func run(_ words: [String]) throws -> Int32? { try ChildProcess(words).waitForEnd() }
}
