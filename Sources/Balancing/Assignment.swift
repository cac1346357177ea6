import Model

/// A slot on a server, taken for one request.
package struct Assignment: Sendable, Equatable {
    package let server: ServerID
    /// The server's place in `PoolSettings.servers` when the slot was taken; a reload may have moved it since, the ID stays.
    package let serverIndex: Int
    /// Counted from 0 in `Tiers.order`.
    package let tier: Int

    package init(server: ServerID, serverIndex: Int, tier: Int) {
        self.server = server
        self.serverIndex = serverIndex
        self.tier = tier
    }
}
