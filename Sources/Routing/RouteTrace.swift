/// A decision and the routes that were passed over before it, in order.
package struct RouteTrace: Sendable {
    package struct Passed: Sendable {
        package let rule: RuleID
        package let failure: RouteCondition
    }

    package let passed: [Passed]
    package let decision: Decision
}
