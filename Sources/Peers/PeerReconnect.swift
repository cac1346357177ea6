/// When is a peer called, and which of two connections stays? The last that was connected stays (haproxy-wire 1.1); after that the caller waits
/// so long that both do not meet again.
package struct PeerReconnect: Sendable {
    private static let shortest: Int64 = 1_000_000_000
    private static let longest: Int64 = 5_000_000_000
    private var wait = shortest

    package init() {}

    /// Nanoseconds until the next attempt after one that failed: 1 s, doubled up to 5 s, a quarter more at random.
    /// - Parameter random: any number
    package mutating func afterFailure(random: UInt64) -> Int64 {
        defer { wait = min(wait * 2, Self.longest) }
        return wait * 4 / 5 + Int64(random % UInt64(wait / 5 + 1))
    }

    /// Nanoseconds, after the peer called while there was a connection: 50 ms to 2 s.
    package static func afterCollision(random: UInt64) -> Int64 { 50_000_000 + Int64(random % 1_950_000_000) }

    package mutating func succeeded() { wait = Self.shortest }
}
