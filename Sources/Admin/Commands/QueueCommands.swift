import Balancing
import Model

/// `show queue`: which requests wait for a server, and for how long. puppetfront's own.
enum QueueCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature

    static let all: [Command] = [
        Command(Signature("show queue", [.optional([.value("backend")])], "queued requests by pool and class")) { input in
            let report = input.host.report()
            let wanted = input.words.first
            let pools = report.pools.filter { pool in wanted.map { $0 == pool.name } ?? true }
            guard wanted == nil || !pools.isEmpty else { return .refused("Can't find backend.\n") }
            return .text(text(pools))
        }
    ]

    /// A row for each class, whether or not any of it waits, so that scripts find it.
    private static func text(_ pools: [PoolReport]) -> String {
        let rows = pools.flatMap { pool in
            QueueClass.allCases.map { queueClass in
                [
                    pool.name, name(queueClass), "\(pool.queuedByClass[queueClass] ?? 0)",
                    pool.longestWaits[queueClass].map { "\($0.inMilliseconds)" } ?? "-", "\(pool.queued)", "\(pool.settings.queue.size)",
                    "\(pool.settings.queue.timeout.inMilliseconds)", "\(pool.averageQueue)", "\(pool.overHolderShare[queueClass] ?? 0)",
                    "\(pool.overUnverifiedShare[queueClass] ?? 0)",
                ]
            }
        }
        return AlignedTable.text(
            head: [
                "# pool", "class", "queued", "oldest_ms", "pool_queued", "queue_size", "timeout_ms", "avg_queue", "over_holder_share",
                "over_unverified_share",
            ], rows)
    }

    static func name(_ queueClass: QueueClass) -> String {
        switch queueClass {
        case .authority: "authority"
        case .quick: "quick"
        case .compile: "compile"
        }
    }
}
