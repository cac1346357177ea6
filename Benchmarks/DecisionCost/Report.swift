/// A table of what was measured, and one PASS or FAIL a requirement.
struct Report {
    private(set) var holds = true
    private let costs: [String: Case.Cost]
    private static let nameWidth = 41

    /// Prints the table.
    init(_ costs: [(name: String, cost: Case.Cost)]) {
        self.costs = Dictionary(uniqueKeysWithValues: costs.map { ($0.name, $0.cost) })
        print("| ns a decision\(Report.padding(13, Report.nameWidth)) | classify |   route |    pick |   whole | allocations |")
        print("|---|--:|--:|--:|--:|--:|")
        for (name, cost) in costs {
            let times = [cost.route, cost.pick, cost.whole].map { Report.cell(Int($0.rounded()), 7) }.joined()
            print(
                "| \(name)\(Report.padding(name.count, Report.nameWidth)) |\(Report.cell(Int(cost.classify.rounded()), 8))\(times)"
                    + Report.cell(cost.allocations, 11))
        }
        print("")
    }

    /// Prints nothing if one of the cases was not measured.
    mutating func require(_ words: String, of names: String..., holds: ([Case.Cost]) -> Bool) {
        let found = names.compactMap { costs[$0] }
        guard found.count == names.count else { return }
        let isTrue = holds(found)
        print("\(isTrue ? "PASS" : "FAIL")  \(words)")
        if !isTrue { self.holds = false }
    }

    /// - Parameter counted: calls of the allocator in the process's life: none means that they are not counted.
    mutating func requireNoAllocations(counted: Int) {
        var guilty = costs.filter { $0.value.allocations > 0 }.keys.sorted()
        if counted == 0 { guilty = ["nothing was counted"] }
        print(guilty.isEmpty ? "PASS  no allocation once warm" : "FAIL  no allocation once warm: \(guilty.joined(separator: "; "))")
        if !guilty.isEmpty { holds = false }
    }

    /// With commas between thousands.
    static func grouped(_ number: Int) -> String {
        guard abs(number) >= 1000 else { return "\(number)" }
        return "\(grouped(number / 1000)),\(String(abs(number) % 1000 + 1000).dropFirst())"
    }

    private static func cell(_ number: Int, _ width: Int) -> String {
        let text = grouped(number)
        return " \(padding(text.count, width))\(text) |"
    }

    private static func padding(_ used: Int, _ width: Int) -> String { String(repeating: " ", count: max(0, width - used)) }
}
