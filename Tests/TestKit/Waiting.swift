import Foundation

/// Polls until `condition` holds; false once `timeout` has passed. For conditions without a notification; never for a fixed time.
package func waitUntil(within timeout: Duration = .seconds(10), _ condition: () throws -> Bool) rethrows -> Bool {
    let clock = ContinuousClock()
    let limit = clock.now + timeout
    while try !condition() {
        guard clock.now < limit else { return try condition() }
        usleep(2000)
    }
    return true
}
