import Model

/// The servers that a request was sent to already, in vain. Holds up to 8 without allocation; the ninth takes the place of the
/// oldest (retries are bounded by `retry.attempts`, so that costs at most a second try). Equal as sets.
package struct TriedServers: Sendable, Equatable {
    /// Free places hold `UInt32.max`, which no server gets.
    private var values = SIMD8<UInt32>(repeating: .max)
    private var inserted: UInt8 = 0

    package static let capacity = 8

    package init() {}

    package init(_ servers: ServerID...) {
        for server in servers { insert(server) }
    }

    package var isEmpty: Bool { inserted == 0 }

    package func contains(_ server: ServerID) -> Bool {
        guard inserted != 0 else { return false }
        for place in 0..<8 where values[place] == server.value { return true }
        return false
    }

    package mutating func insert(_ server: ServerID) {
        guard !contains(server) else { return }
        values[Int(inserted & 7)] = server.value
        // 8 to 15 keep saying "full", and where the oldest is.
        inserted = inserted == 15 ? 8 : inserted + 1
    }

    package static func == (left: TriedServers, right: TriedServers) -> Bool {
        if left.isEmpty || right.isEmpty { return left.isEmpty && right.isEmpty }
        return left.isSubset(of: right) && right.isSubset(of: left)
    }

    private func isSubset(of other: TriedServers) -> Bool {
        for place in 0..<8 where values[place] != .max && !other.contains(ServerID(values[place])) { return false }
        return true
    }
}
