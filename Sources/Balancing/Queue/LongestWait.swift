import Model

extension Pool {
    /// How long the oldest queued request of a class has waited, without the time that servers had it; nil: none is queued.
    package func longestWait(_ queueClass: QueueClass, now: MonotonicTime) -> Duration? {
        let lines = queue.sharedLines + queue.stickyLines.values.flatMap { $0 }
        let arrivals = lines.lazy.filter { queue.lines[$0].key.queueClass == queueClass }.compactMap { queue.longest(line: $0)?.arrived }
        return arrivals.min().map { max(.zero, now - $0) }
    }
}
