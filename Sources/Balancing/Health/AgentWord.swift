/// What a server's agent has said last, as far as it is in force.
package struct AgentWord: Sendable, Equatable {
    /// In place of the configured weight; nil: that.
    package internal(set) var weight: Int?
    /// Of the configured weight.
    package internal(set) var weightPercent = 100
    package internal(set) var maxconn: Int?
    package internal(set) var isDown = false

    package init() {}
}
