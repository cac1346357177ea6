/// Which class of queued requests is next? Start-time fair queueing: a class pays for each turn the mean time of its requests, and the one
/// that has paid least is next. So catalogs of seconds and files of milliseconds, both queued, each get half of the servers' time, and
/// neither starves. A class whose line begins starts level with the other queued classes, whatever it did not use before; where nothing is
/// queued all start from zero.
struct ClassShares: Sendable {
    /// Virtual time in nanoseconds; only differences are meaningful.
    private var paid = [Int64](repeating: 0, count: QueueClass.allCases.count)
    /// Nanoseconds a request, an average that halves the past every five requests or so. Starts at usual figures.
    private var mean: [Int64] = [20_000_000, 50_000_000, 2_000_000_000]

    func isBefore(_ left: QueueClass, _ right: QueueClass) -> Bool { paid[left.index] < paid[right.index] }

    /// The first request of a class is queued. - Parameter others: classes that are queued already
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
