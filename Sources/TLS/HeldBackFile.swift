/// What a file holds and what does not come into force: under it every agent would be rejected now, or it takes a revocation back. What was in force before
/// stays.
package struct HeldBackFile: Sendable, Hashable {
    package let file: String
    /// One sentence, without the file's name.
    package let reason: String
    /// From when on it may come into force, seconds since 1970; nil: not by itself.
    package let activatesAt: Int64?

    package var line: String { "\(file): \(reason)" }
}
