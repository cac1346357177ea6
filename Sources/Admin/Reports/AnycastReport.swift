import Settings

/// What this instance announces, and why.
package struct AnycastReport: Sendable {
    package var state: AnycastState
    package var override: AnycastOverride
    package var reason = ""
    /// `bird`, `exabgp` or `command`.
    package var via = ""
    /// Whether the routing daemon has shown that the state is in force.
    package var isConfirmed = false
    /// What is taken for true; nil: not known yet.
    package var believed: AnycastState?
    package var fault: String?
    package var usable: [(pool: String, count: Int)] = []
    package var minServers = 1
    /// Seconds until the route may come back; nil: no hold-down.
    package var heldDown: Int64?
    /// Seconds in the state.
    package var seconds: Int64 = 0
    package var changes: UInt64 = 0

    package init(state: AnycastState, override: AnycastOverride = .auto) {
        self.state = state
        self.override = override
    }
}
