extension Scenario {
    /// Which servers serve when others go down and recover.
    static let backups = [
        Scenario(
            name: "all backups serve, once no active server is left",
            pools: [
                Pool(
                    "puppet", Server("p1", maxconn: 2), Server("p2", maxconn: 2), Server("b1", maxconn: 2, isBackup: true),
                    Server("b2", maxconn: 2, isBackup: true))
            ],
            steps: [
                .arrive(4), .expect(["p1": 2, "p2": 2]),
                .arrive(1), .expect(["p1": 2, "p2": 2], queued: 5...5),
                .release(2, at: "p1"), .expect(["p1": 1, "p2": 2]),
                .down("p1"), .arrive(1), .expect(["p1": 1, "p2": 2], queued: 6...6),
                .release(1, at: "p2"), .expect(["p1": 1, "p2": 2]),
                .down("p2"), .arrive(2), .expect(["p1": 1, "p2": 2, "b1": 1, "b2": 1]),
                .arrive(3), .expect(["p1": 1, "p2": 2, "b1": 2, "b2": 2], queued: 11...11),
                .release(1, at: "p2"), .expect(["p1": 1, "p2": 1, "b1": 2, "b2": 2], queued: 11...11),
                .release(2, at: "b1"), .expect(["p1": 1, "p2": 1, "b1": 1, "b2": 2]),
                .up("p1"), .arrive(1), .expect(["p1": 2, "p2": 1, "b1": 1, "b2": 2]),
                .arrive(1), .expect(["p1": 2, "p2": 1, "b1": 1, "b2": 2], queued: 13...13),
                .release(1, at: "b1"), .expect(["p1": 2, "p2": 1, "b2": 2], queued: 13...13),
                .release(1, at: "p1"), .expect(["p1": 2, "p2": 1, "b2": 2]),
            ],
            served: ["puppet": Array(1...13)]),
        Scenario(
            name: "one backup at a time",
            pools: [
                Pool(
                    "puppet", usesAllBackups: false, Server("p1", maxconn: 2), Server("b1", maxconn: 2, isBackup: true),
                    Server("b2", maxconn: 2, isBackup: true))
            ],
            steps: [
                .arrive(2), .expect(["p1": 2]),
                .down("p1"), .arrive(3), .expect(["p1": 2, "b1": 2], queued: 5...5),
                .release(1, at: "b1"), .expect(["p1": 2, "b1": 2]),
                .down("b1"), .arrive(2), .expect(["p1": 2, "b1": 2, "b2": 2]),
                .release(2, at: "b1"), .expect(["p1": 2, "b2": 2]),
                .up("b1"), .arrive(1), .expect(["p1": 2, "b1": 1, "b2": 2]),
                .release(1, at: "p1"), .up("p1"), .arrive(1), .expect(["p1": 2, "b1": 1, "b2": 2]),
            ],
            served: ["puppet": Array(1...9)]),
        Scenario(
            name: "a server that comes back takes those who wait",
            pools: [Pool("puppet", Server("p1", maxconn: 2), Server("p2", maxconn: 2))],
            steps: [
                .arrive(4), .down("p2"), .expect(["p1": 2, "p2": 2]),
                .arrive(3), .release(2, at: "p2"), .expect(["p1": 2], queued: 5...7),
                .release(1, at: "p1"), .expect(["p1": 2], queued: 6...7),
                .up("p2"), .expect(["p1": 2, "p2": 2]),
            ],
            served: ["puppet": Array(1...7)]),
        Scenario(
            name: "without any server every request is refused",
            pools: [Pool("puppet", Server("p1", maxconn: 2), Server("b1", maxconn: 2, isBackup: true))],
            steps: [
                .down("p1"), .down("b1"), .arrive(2), .expect([:], refused: 1...2),
                .up("b1"), .arrive(2), .expect(["b1": 2], refused: 1...2),
                .up("p1"), .arrive(2), .expect(["p1": 2, "b1": 2], refused: 1...2),
            ],
            served: ["puppet": Array(3...6)]),
    ]
}
