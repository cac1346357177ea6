extension Scenario {
    /// Which requests go where: avg_queue and sources.
    static let overflow = [
        Scenario(
            name: "a crowded queue overflows, and that is tested before the sources",
            pools: [
                Pool("puppet", Server("p1"), Server("p2")), Pool("more_puppet", Server("p5")), Pool("fast_puppet", Server("p9")),
            ],
            rules: bigQueue + [.source(["127.0.0.9"], to: "fast_puppet")],
            steps: [
                .arrive(24), .expect(["p1": 12, "p2": 12]),
                .arrive(3), .expect(["p1": 12, "p2": 12], queued: 25...27),
                .arrive(1), .expect(["p1": 12, "p2": 12, "p5": 1], queued: 25...27),
                .arrive(1, from: "127.0.0.9"), .expect(["p1": 12, "p2": 12, "p5": 2], queued: 25...27),
                .release(1, at: "p1"), .expect(["p1": 12, "p2": 12, "p5": 2], queued: 26...27),
                .arrive(1, from: "127.0.0.9"), .expect(["p1": 12, "p2": 12, "p5": 2, "p9": 1], queued: 26...27),
                .arrive(1), .expect(["p1": 12, "p2": 12, "p5": 2, "p9": 1], queued: [26, 27, 31]),
                .arrive(11), .expect(["p1": 12, "p2": 12, "p5": 12, "p9": 1], queued: [26, 27, 31, 42]),
                .release(4, at: "p2"), .expect(["p1": 12, "p2": 11, "p5": 12, "p9": 1], queued: [42]),
                .arrive(1), .expect(["p1": 12, "p2": 12, "p5": 12, "p9": 1], queued: [42]),
            ],
            served: [
                "puppet": Array(1...27) + [31, 43], "more_puppet": [28, 29] + Array(32...42), "fast_puppet": [30],
            ]),
        Scenario(
            name: "sources go by address and by block, and queue for their own pool",
            pools: [Pool("puppet", Server("p1", maxconn: 1)), Pool("fast_puppet", Server("p9", maxconn: 1))],
            rules: [.source(["127.0.0.9", "127.0.0.64/26"], to: "fast_puppet")],
            steps: [
                .arrive(2), .expect(["p1": 1], queued: 2...2),
                .arrive(1, from: "127.0.0.9"), .expect(["p1": 1, "p9": 1], queued: 2...2),
                .arrive(1, from: "127.0.0.64"), .arrive(1, from: "127.0.0.127"), .expect(["p1": 1, "p9": 1], queued: [2, 4, 5]),
                .arrive(1, from: "127.0.0.63"), .arrive(1, from: "127.0.0.128"), .expect(["p1": 1, "p9": 1], queued: [2, 4, 5, 6, 7]),
                .release(1, at: "p9"), .expect(["p1": 1, "p9": 1], queued: [2, 5, 6, 7]),
            ],
            served: ["puppet": [1, 2, 6, 7], "fast_puppet": [3, 4, 5]]),
        Scenario(
            name: "avg_queue goes by the servers that are up",
            pools: [
                Pool("puppet", Server("p1", maxconn: 1), Server("p2", maxconn: 1), Server("p3", maxconn: 1)),
                Pool("more_puppet", Server("p5", maxconn: nil)),
            ],
            rules: bigQueue,
            steps: [
                .arrive(7), .expect(["p1": 1, "p2": 1, "p3": 1], queued: 4...7),
                .arrive(1), .expect(["p1": 1, "p2": 1, "p3": 1, "p5": 1], queued: 4...7),
                .release(1, at: "p1"), .down("p3"), .expect(["p1": 1, "p2": 1, "p3": 1, "p5": 1], queued: 5...7),
                .arrive(1), .expect(["p1": 1, "p2": 1, "p3": 1, "p5": 2], queued: 5...7),
                .release(1, at: "p2"), .arrive(1), .expect(["p1": 1, "p2": 1, "p3": 1, "p5": 2], queued: [6, 7, 10]),
                .release(1, at: "p3"), .arrive(1), .expect(["p1": 1, "p2": 1, "p5": 3], queued: [6, 7, 10]),
                .up("p3"), .expect(["p1": 1, "p2": 1, "p3": 1, "p5": 3], queued: [7, 10]),
            ],
            served: ["puppet": Array(1...7) + [10], "more_puppet": [8, 9, 11]]),
        Scenario(
            name: "avg_queue goes by all backups where all serve",
            pools: [
                Pool(
                    "puppet", Server("p1", maxconn: 1), Server("b1", maxconn: 1, isBackup: true),
                    Server("b2", maxconn: 1, isBackup: true)),
                Pool("more_puppet", Server("p5", maxconn: nil)),
            ],
            rules: bigQueue,
            steps: [
                .down("p1"), .arrive(5), .expect(["b1": 1, "b2": 1], queued: 3...5),
                .arrive(1), .expect(["b1": 1, "b2": 1, "p5": 1], queued: 3...5),
                .up("p1"), .expect(["p1": 1, "b1": 1, "b2": 1, "p5": 1], queued: 4...5),
                .arrive(1), .expect(["p1": 1, "b1": 1, "b2": 1, "p5": 2], queued: 4...5),
            ],
            served: ["puppet": Array(1...5), "more_puppet": [6, 7]]),
        Scenario(
            name: "avg_queue goes by one backup where one serves",
            pools: [
                Pool(
                    "puppet", usesAllBackups: false, Server("p1", maxconn: 1), Server("b1", maxconn: 1, isBackup: true),
                    Server("b2", maxconn: 1, isBackup: true)),
                Pool("more_puppet", Server("p5", maxconn: nil)),
            ],
            rules: bigQueue,
            steps: [
                .down("p1"), .arrive(3), .expect(["b1": 1], queued: 2...3),
                .arrive(1), .expect(["b1": 1, "p5": 1], queued: 2...3),
                .release(1, at: "b1"), .expect(["b1": 1, "p5": 1], queued: 3...3),
                .arrive(1), .expect(["b1": 1, "p5": 1], queued: [3, 5]),
            ],
            served: ["puppet": [1, 2, 3, 5], "more_puppet": [4]]),
        Scenario(
            name: "one pool overflows into the next, and that into the last",
            pools: [
                Pool("puppet", Server("p1", maxconn: 1)), Pool("more_puppet", Server("p5", maxconn: 1)),
                Pool("last_puppet", Server("p6", maxconn: nil)),
            ],
            rules: [
                .crowded(pool: "more_puppet", above: 0, to: "last_puppet"), .crowded(pool: "puppet", above: 0, to: "more_puppet"),
            ],
            steps: [
                .arrive(2), .expect(["p1": 1], queued: 2...2),
                .arrive(2), .expect(["p1": 1, "p5": 1], queued: [2, 4]),
                .arrive(1), .expect(["p1": 1, "p5": 1, "p6": 1], queued: [2, 4]),
                .release(1, at: "p5"), .arrive(1), .expect(["p1": 1, "p5": 1, "p6": 1], queued: [2, 6]),
                .release(1, at: "p1"), .release(1, at: "p5"), .arrive(1), .expect(["p1": 1, "p5": 1, "p6": 1], queued: [7]),
            ],
            served: ["puppet": [1, 2, 7], "more_puppet": [3, 4, 6], "last_puppet": [5]]),
        Scenario(
            name: "a crowded queue overflows into a pool without servers too",
            pools: [Pool("puppet", Server("p1", maxconn: 1)), Pool("more_puppet", Server("p5", maxconn: 1))],
            rules: bigQueue,
            steps: [
                .down("p5"), .arrive(3), .expect(["p1": 1], queued: 2...3),
                .arrive(1), .expect(["p1": 1], queued: 2...3, refused: 4...4),
                .up("p5"), .arrive(1), .expect(["p1": 1, "p5": 1], queued: 2...3, refused: 4...4),
            ],
            served: ["puppet": [1, 2, 3], "more_puppet": [5]]),
        Scenario(
            name: "a pool overflows by itself, after the sources",
            pools: [
                Pool("puppet", overflow: Overflow(to: "more_puppet", above: 1), Server("p1"), Server("p2")),
                Pool("more_puppet", Server("p5")), Pool("fast_puppet", Server("p9", maxconn: 1)),
            ],
            rules: [.source(["127.0.0.9"], to: "fast_puppet")],
            steps: [
                .arrive(27), .expect(["p1": 12, "p2": 12], queued: 25...27),
                .arrive(1), .expect(["p1": 12, "p2": 12, "p5": 1], queued: 25...27),
                .arrive(1, from: "127.0.0.9"), .expect(["p1": 12, "p2": 12, "p5": 1, "p9": 1], queued: 25...27),
                .release(1, at: "p1"), .arrive(1), .expect(["p1": 12, "p2": 12, "p5": 1, "p9": 1], queued: [26, 27, 30]),
                .arrive(1, from: "127.0.0.9"), .expect(["p1": 12, "p2": 12, "p5": 1, "p9": 1], queued: [26, 27, 30, 31]),
                .arrive(1), .expect(["p1": 12, "p2": 12, "p5": 2, "p9": 1], queued: [26, 27, 30, 31]),
            ],
            served: ["puppet": Array(1...27) + [30], "more_puppet": [28, 32], "fast_puppet": [29, 31]]),
        Scenario(
            name: "a pool overflows only into one with a server, and does where it has none itself",
            pools: [
                Pool("puppet", overflow: Overflow(to: "more_puppet", above: 1), Server("p1", maxconn: 1)),
                Pool("more_puppet", Server("p5", maxconn: nil)),
            ],
            steps: [
                .down("p5"), .arrive(4), .expect(["p1": 1], queued: 2...4),
                .up("p5"), .arrive(1), .expect(["p1": 1, "p5": 1], queued: 2...4),
                .release(1, at: "p1"), .release(1, at: "p1"), .release(1, at: "p1"), .expect(["p1": 1, "p5": 1]),
                .down("p1"), .arrive(1), .expect(["p1": 1, "p5": 2]),
                .down("p5"), .arrive(1), .expect(["p1": 1, "p5": 2], refused: 7...7),
            ],
            served: ["puppet": [1, 2, 3, 4], "more_puppet": [5, 6]]),
        Scenario(
            name: "overflow goes on to the pool after the next",
            pools: [
                Pool("puppet", overflow: Overflow(to: "more_puppet", above: 0), Server("p1", maxconn: 1)),
                Pool("more_puppet", overflow: Overflow(to: "last_puppet", above: 0), Server("p5", maxconn: 1)),
                Pool("last_puppet", Server("p6", maxconn: nil)),
            ],
            steps: [
                .arrive(2), .expect(["p1": 1], queued: 2...2),
                .arrive(2), .expect(["p1": 1, "p5": 1], queued: [2, 4]),
                .arrive(1), .expect(["p1": 1, "p5": 1, "p6": 1], queued: [2, 4]),
                .release(1, at: "p5"), .arrive(1), .expect(["p1": 1, "p5": 1, "p6": 1], queued: [2, 6]),
                .release(1, at: "p1"), .release(1, at: "p5"), .arrive(1), .expect(["p1": 1, "p5": 1, "p6": 1], queued: [7]),
            ],
            served: ["puppet": [1, 2, 7], "more_puppet": [3, 4, 6], "last_puppet": [5]]),
    ]

    /// `acl big_queue avg_queue(puppet) gt 1`, `use_backend more_puppet if big_queue`
    private static let bigQueue = [Rule.crowded(pool: "puppet", above: 1, to: "more_puppet")]
}
