/// Whose turn is it among the classes that wait? Start-time fair queueing: a class pays for each turn what its requests have taken in the
/// mean, and the one that has paid least is next. So catalogs of seconds and files of milliseconds, both waiting, each get half of the
/// servers' time, and neither starves. A class that begins to wait starts level with those that do, whatever it did not use before; where
/// nobody waits all start anew.
struct ClassShares: Sendable {
    /// Nanoseconds, of no meaning but beside each other.
    private var paid = [Int64](repeating: 0, count: QueueClass.allCases.count)
    /// Nanoseconds a request, an average that halves the past every five requests or so. Begins at what is usual.
    private var mean: [Int64] = [20_000_000, 50_000_000, 2_000_000_000]

    func isBefore(_ left: QueueClass, _ right: QueueClass) -> Bool { paid[left.index] < paid[right.index] }

    /// The first of a class begins to wait. - Parameter others: classes that wait already
    mutating func begins(_ queueClass: QueueClass, others: some Sequence<QueueClass>) {
        guard let least = others.map({ paid[$0.index] }).min() else {
            for index in paid.indices { paid[index] = 0 }
            return
        }
        paid[queueClass.index] = max(paid[queueClass.index], least)
    }

    mutating func takesTurn(_ queueClass: QueueClass) { paid[queueClass.index] &+= mean[queueClass.index] }

    /// - Parameter nanoseconds: from the assignment to the server's last byte
    mutating func measured(_ queueClass: QueueClass, nanoseconds: Int64) {
        let bounded = min(max(nanoseconds, 1_000_000), 1_000_000_000_000)
        mean[queueClass.index] += (bounded - mean[queueClass.index]) / 8
    }
}
