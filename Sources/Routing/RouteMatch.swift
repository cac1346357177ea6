import Model
import Puppet
import Settings

/// A row of `routes`, compiled.
/// A class, so that going through the routes copies a reference.
final class RouteMatch: Sendable {
    let pool: PoolIndex
    /// In the order in which they are asked.
    let conditions: [RouteCondition]

    init(_ route: RouteSettings, _ settings: ProxySettings) {
        pool = route.pool
        conditions = RouteCondition.all(of: route, in: settings)
    }

    /// The first condition that does not hold; nil where all do.
    /// - Parameter averageQueue: asked only where a condition on it is reached.
    func failure(_ request: borrowing PuppetRequest, _ context: RouteContext, averageQueue: (PoolIndex) -> Int) -> RouteCondition? {
        for condition in conditions where !condition.holds(request, context, averageQueue) { return condition }
        return nil
    }
}
