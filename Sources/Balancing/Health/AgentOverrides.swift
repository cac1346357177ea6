/// The server's last agent reply, or an operator's override in its place, as far as it is in force.
package struct AgentOverrides: Sendable, Equatable {
    /// In place of the configured weight; nil: that.
    package internal(set) var weight: Int?
    /// Of the configured weight.
    package internal(set) var weightPercent = 100
    package internal(set) var maxconn: Int?
    package internal(set) var isDown = false

    package init() {}
}
