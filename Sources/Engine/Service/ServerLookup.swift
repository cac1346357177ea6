import Balancing
import Model
import Settings

/// A server's name on its way to an address.
struct ServerLookup: Sendable, Hashable {
    let pool: String
    let server: ServerID
    /// As it was asked for: by the time of the answer the pool may be another one of that name.
    let address: UpstreamAddress
}
