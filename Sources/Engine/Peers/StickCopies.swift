import Balancing
import Model
import Peers
import Settings

/// Sticks of a pool as they were under its lock, to be written for a peer after it.
struct StickCopies: Sendable {
    var sticks: [StickTable.Shared] = []
    /// The last change that was looked at.
    var last: UInt32 = 0
    /// Where the rest is; nil: these were the last.
    var next: StickTable.Cursor?
    var servers: [ServerState] = []

    /// - Parameter keys: of the table; keys that are none of these are left out
    func entries(_ keys: PeerKeyType) -> [(id: UInt32, entry: PeerEntry)] {
        var known: [ServerID: (name: [UInt8], number: Int)] = [:]
        for server in servers { known[server.id] = (Array(server.name.utf8), (server.index ?? -1) + 1) }
        return sticks.compactMap { stick in
            guard let server = known[stick.server], let key = PeerKeys.forPeers(stick.key, keys) else { return nil }
            let left = UInt32(clamping: stick.left.inMilliseconds)
            return (stick.change, PeerEntry(key: key, server: server.name, serverNumber: server.number, remaining: max(left, 1)))
        }
    }
}

/// A stick's key in a pool is text; for peers an address is 16 bytes.
enum PeerKeys {
    static func forPeers(_ key: [UInt8], _ type: PeerKeyType) -> [UInt8]? {
        guard type == .ip else { return key }
        guard let address = IPAddress(bytes: key) else { return nil }
        return (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? address.high : address.low) >> UInt64(56 - $0 % 8 * 8)) }
    }

    static func forPool(_ key: [UInt8], _ type: PeerKeyType) -> [UInt8]? {
        guard type == .ip else { return key }
        guard key.count == 16 else { return nil }
        let high = key[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let low = key[8...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var text: [UInt8] = []
        IPAddress(high: high, low: low).append(to: &text)
        return text
    }
}
