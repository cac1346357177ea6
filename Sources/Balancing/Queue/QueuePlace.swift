/// A request's place in the queue, which it keeps when it has to be sent again: first come, first served, and the time that it has waited
/// counts against the queue's timeout.
package struct QueuePlace: Sendable, Equatable {
    /// By arrival, in the whole pool.
    package let order: UInt64
    /// Without the time that servers had it.
    package let waited: Duration

    package init(order: UInt64, waited: Duration) {
        self.order = order
        self.waited = waited
    }
}
