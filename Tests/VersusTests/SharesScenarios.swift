extension Scenario {
    /// How many requests each server gets: weights, `maxconn`, and servers of different sizes. Round robin is compared after whole cycles of the weights.
    static let shares = [
        Scenario(
            name: "least connections: the least busy server gets the next request",
            pools: [Pool("puppet", Server("p1"), Server("p2"), Server("p3"))],
            steps: [
                .arrive(3), .expect(["p1": 1, "p2": 1, "p3": 1]),
                .arrive(6, for: .fileMetadata), .expect(["p1": 3, "p2": 3, "p3": 3]),
                .release(3, at: "p2"), .expect(["p1": 3, "p3": 3]),
                .arrive(2), .expect(["p1": 3, "p2": 2, "p3": 3]),
                .release(1, at: "p3"), .arrive(2), .expect(["p1": 3, "p2": 3, "p3": 3]),
                .arrive(3), .expect(["p1": 4, "p2": 4, "p3": 4]),
            ],
            served: ["puppet": Array(1...16)]),
        Scenario(
            name: "least connections goes by weight, at each step",
            pools: [Pool("puppet", Server("p1", weight: 50), Server("p2", weight: 100), Server("p3", weight: 0))],
            steps: [
                .arrive(2), .expect(["p1": 1, "p2": 1]),
                .arrive(1, for: .fileMetadata), .expect(["p1": 1, "p2": 2]),
                .arrive(1), .expect(["p1": 1, "p2": 3]),
                .arrive(1), .expect(["p1": 2, "p2": 3]),
                .arrive(1), .expect(["p1": 2, "p2": 4]),
                .arrive(1), .expect(["p1": 2, "p2": 5]),
                .arrive(11), .expect(["p1": 6, "p2": 12]),
                .release(6, at: "p2"), .expect(["p1": 6, "p2": 6]),
                .arrive(6), .expect(["p1": 6, "p2": 12]),
            ],
            served: ["puppet": Array(1...24)]),
        Scenario(
            name: "round robin goes by weight",
            pools: [Pool("puppet", balance: .roundRobin, Server("p1", weight: 50, maxconn: nil), Server("p2", weight: 150, maxconn: nil))],
            steps: [
                .arrive(4), .expect(["p1": 1, "p2": 3]),
                .arrive(36), .expect(["p1": 10, "p2": 30]),
                .release(30, at: "p2"), .arrive(8, for: .fileMetadata), .expect(["p1": 12, "p2": 6]),
            ],
            served: ["puppet": Array(1...48)]),
        Scenario(
            name: "round robin among three, and without the one that is down",
            pools: [
                Pool(
                    "puppet", balance: .roundRobin,
                    Server("p1", weight: 10, maxconn: nil), Server("p2", weight: 20, maxconn: nil),
                    Server("p3", weight: 30, maxconn: nil), Server("p4", weight: 0, maxconn: nil))
            ],
            steps: [
                .arrive(12), .expect(["p1": 2, "p2": 4, "p3": 6]),
                .down("p3"), .expect(["p1": 2, "p2": 4, "p3": 6]),
                .arrive(6), .expect(["p1": 4, "p2": 8, "p3": 6]),
                .release(6, at: "p3"), .expect(["p1": 4, "p2": 8]),
                .up("p3"), .arrive(12), .expect(["p1": 6, "p2": 12, "p3": 6]),
            ],
            served: ["puppet": Array(1...30)]),
        Scenario(
            name: "small servers fill up, the large one takes the rest",
            pools: [Pool("puppet", Server("p1", maxconn: 1), Server("p2", maxconn: 3), Server("p3", maxconn: nil))],
            steps: [
                .arrive(3, for: .fileMetadata), .expect(["p1": 1, "p2": 1, "p3": 1]),
                .arrive(6), .expect(["p1": 1, "p2": 3, "p3": 5]),
                .release(1, at: "p1"), .arrive(1), .expect(["p1": 1, "p2": 3, "p3": 5]),
                .arrive(20), .expect(["p1": 1, "p2": 3, "p3": 25]),
            ],
            served: ["puppet": Array(1...30)]),
        Scenario(
            name: "round robin fills to maxconn, and a slot given back goes to who has waited longest",
            pools: [
                Pool(
                    "puppet", balance: .roundRobin,
                    Server("p1", weight: 10, maxconn: 1), Server("p2", weight: 20, maxconn: 2), Server("p3", weight: 30, maxconn: 3))
            ],
            steps: [
                .arrive(6), .expect(["p1": 1, "p2": 2, "p3": 3]),
                .arrive(4), .expect(["p1": 1, "p2": 2, "p3": 3], queued: 7...10),
                .release(1, at: "p3"), .expect(["p1": 1, "p2": 2, "p3": 3], queued: 8...10),
                .release(2, at: "p2"), .expect(["p1": 1, "p2": 2, "p3": 3], queued: 10...10),
                .release(1, at: "p1"), .expect(["p1": 1, "p2": 2, "p3": 3]),
                .release(1, at: "p1"), .expect(["p2": 2, "p3": 3]),
            ],
            served: ["puppet": Array(1...10)]),
        Scenario(
            name: "first fills the servers in the file's order, and takes a free slot of the first that has one",
            pools: [
                Pool(
                    "puppet", balance: .first,
                    Server("p1", weight: 10, maxconn: 2), Server("p2", weight: 200, maxconn: 1), Server("p3", weight: 0, maxconn: 4),
                    Server("p4", maxconn: 3))
            ],
            steps: [
                .arrive(2), .expect(["p1": 2]),
                .arrive(1, for: .fileMetadata), .expect(["p1": 2, "p2": 1]),
                .arrive(2), .expect(["p1": 2, "p2": 1, "p4": 2]),
                .release(1, at: "p1"), .release(1, at: "p4"), .arrive(1), .expect(["p1": 2, "p2": 1, "p4": 1]),
                .release(1, at: "p2"), .arrive(3), .expect(["p1": 2, "p2": 1, "p4": 3]),
                .arrive(2), .expect(["p1": 2, "p2": 1, "p4": 3], queued: 10...11),
                .release(1, at: "p4"), .expect(["p1": 2, "p2": 1, "p4": 3], queued: 11...11),
                .down("p1"), .release(2, at: "p1"), .expect(["p2": 1, "p4": 3], queued: 11...11),
                .release(3, at: "p4"), .expect(["p2": 1, "p4": 1]),
                .arrive(1), .expect(["p2": 1, "p4": 2]),
            ],
            served: ["puppet": Array(1...12)]),
        Scenario(
            name: "who waits too long is refused, and the slot goes to the next",
            pools: [Pool("puppet", queueTimeout: 300, Server("p1", maxconn: 1))],
            steps: [
                .arrive(2), .expect(["p1": 1], refused: 2...2),
                .release(1, at: "p1"), .arrive(1), .expect(["p1": 1], refused: 2...2),
            ],
            served: ["puppet": [1, 3]]),
    ]
}
