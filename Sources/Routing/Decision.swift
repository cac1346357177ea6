import Model

/// Where a request goes. A decision, not an error: the caller turns a refusal into an answer.
package enum Decision: Sendable, Equatable {
    case forward(pool: PoolIndex, rule: RuleID)
    /// `noRoute` (no rule) or `wrongCertname` (the rule whose pool enforces it).
    case refuse(Reason, rule: RuleID?)
}

/// A rule's number in the `RouteTable` that gave it; `RouteTable.name` has its text.
package struct RuleID: Hashable, Sendable {
    package let value: Int
    package init(_ value: Int) { self.value = value }
}
