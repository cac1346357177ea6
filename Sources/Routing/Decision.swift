import Model

/// Where a request goes. A decision, not an error: the caller turns a refusal into a response.
package enum Decision: Sendable, Equatable {
    case forward(pool: PoolIndex, rule: RuleID)
    /// `noRoute` (no rule); `wrongCertname`, `unverified`, `notAuthorized` (the rule whose pool does not take it).
    case refuse(Reason, rule: RuleID?)
}

/// A rule's number in the `RouteTable` that gave it; `RouteTable.name` has its text.
package struct RuleID: Hashable, Sendable {
    package let value: Int
    package init(_ value: Int) { self.value = value }
}
