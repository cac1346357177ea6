import Foundation

/// Holds threads until it is opened, so that a test can keep a server busy for exactly as long as it needs.
package final class Gate: @unchecked Sendable {
    /// Guards `isOpened` and `waiting`.
    private let condition = NSCondition()
    private var isOpened: Bool
    private var waiting = 0

    package init(open: Bool = false) { isOpened = open }

    /// Returns once the gate is open, or after `timeout`; true if it is open.
    @discardableResult
    package func pass(timeout: Duration = .seconds(30)) -> Bool {
        let limit = Date().addingTimeInterval(timeout / .seconds(1))
        condition.lock()
        defer { condition.unlock() }
        waiting += 1
        defer { waiting -= 1 }
        while !isOpened {
            guard condition.wait(until: limit) else { break }
        }
        return isOpened
    }

    package func open() {
        condition.lock()
        isOpened = true
        condition.broadcast()
        condition.unlock()
    }

    package func close() {
        condition.lock()
        isOpened = false
        condition.unlock()
    }

    /// How many threads wait now.
    package var waitingCount: Int {
        condition.lock()
        defer { condition.unlock() }
        return waiting
    }
}
