import TestKit

/// A proxy under comparison, running.
protocol Contender: Sendable {
    var child: ChildProcess { get }
    var port: UInt16 { get }
    /// What the proxy itself reports of a server of that pool.
    func isUp(_ server: String, of pool: String) throws -> Bool
    /// How many requests wait in it by its own account; nil where it gives none.
    func queuedCount() throws -> Int?
}
