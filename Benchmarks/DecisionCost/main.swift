import AllocationCount
import Glibc
import Settings

// What does a decision cost: what is the request, where may it go, which server? An argument measures the cases whose names have it.
// Exit code 0: every requirement holds; 1: the benchmark is broken; 2: not.

let balances: [(name: String, balance: PoolSettings.Balance, sticks: Bool, weights: ClosedRange<Int>)] = [
    ("round-robin", .roundRobin, false, 50...50), ("least-connections", .leastConnections, false, 50...50),
    ("random", .random, false, 50...50), ("hash certname", .hash(.certname), false, 50...50),
    ("hash certname, all weights", .hash(.certname), false, 1...256), ("hash certname, stick", .hash(.certname), true, 50...50),
    ("least-connections, stick", .leastConnections, true, 50...50),
]
let rounds = 40

var all: [(name: String, settings: ProxySettings)] = []
for count in ["10", "1,000", "10,000"] {
    all.append(("\(count) environments", SampleSettings.make(environments: number(count))))
}
for one in balances {
    for count in ["10", "100", "1,000", "10,000"] {
        let settings = SampleSettings.make(servers: number(count), balance: one.balance, sticks: one.sticks, weights: one.weights)
        all.append(("\(count) servers, \(one.name)", settings))
    }
}
for count in ["10", "100", "1,000"] { all.append(("\(count) routes", SampleSettings.make(routes: number(count)))) }
all.append(("1,000 environment globs", SampleSettings.make(environments: 0, environmentGlobs: 1000)))

let wanted = CommandLine.arguments.dropFirst().first ?? ""
let cases = all.filter { wanted.isEmpty || $0.name.contains(wanted) }.map { Case($0.name, $0.settings) }
for _ in 0..<3 {
    for one in cases { one.warmUp() }
}
// By turns, so that what disturbs the machine for a while disturbs all.
for _ in 0..<rounds {
    for one in cases {
        one.warmUp()
        one.run()
    }
}

var report = Report(
    cases.map { one in
        guard let cost = one.cost else {
            print("\(one.name): a request got no server")
            exit(1)
        }
        return (one.name, cost)
    })
report.require("10,000 exact environments cost at most 1.5 times what 10 cost", of: "10 environments", "10,000 environments") {
    $0[1].whole <= $0[0].whole * 1.5
}
for one in balances {
    report.require(
        "\(one.name): a pick of 10,000 servers costs at most 4 times one of 10 (log)", of: "10 servers, \(one.name)",
        "10,000 servers, \(one.name)"
    ) { $0[1].pick <= $0[0].pick * 4 }
}
report.require("1,000 routes with globs and CIDRs cost at most 20 µs", of: "1,000 routes") { $0[0].whole <= 20_000 }
report.require("1,000 globs of environments cost at most 20 µs", of: "1,000 environment globs") { $0[0].whole <= 20_000 }
report.requireNoAllocations(counted: Int(pf_allocation_count()))
exit(report.holds ? 0 : 2)

func number(_ text: String) -> Int { Int(text.filter(\.isNumber)) ?? 0 }
