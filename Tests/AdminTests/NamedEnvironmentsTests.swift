import Admin
import Telemetry
import Testing

/// Workers keep 1,000 environments each: together they may have seen more.
struct NamedEnvironmentsTests {
    private func record(_ environment: String) -> AccessRecord {
        var record = AccessRecord()
        record.pool = Array("compilers".utf8)
        record.environment = Array(environment.utf8)
        record.agent = AccessClient(certname: Array("web1.test".utf8))
        record.status = 200
        return record
    }

    private func requests(_ reports: [EnvironmentReport]) -> [String: UInt64] {
        Dictionary(uniqueKeysWithValues: reports.map { ($0.name, $0.traffic.requests) })
    }

    @Test func whatTheRestAddUpToOnlyGrows() {
        var (named, one, two) = (NamedEnvironments(), Tally(), Tally())
        for number in 0..<1000 { one.add(record("a\(number)")) }
        for number in 0..<1000 { two.add(record("b\(number)")) }
        one.add(record("a7"))
        two.add(record("b7"))
        func together() -> [EnvironmentReport] {
            var sum = one
            sum += two
            return named.reports(sum) { _ in "compilers" }
        }
        let first = together()
        #expect(first.count == 1001)
        #expect(first.last?.name == "other" && first.last?.traffic.requests == 1000 && first.last?.pool == nil)
        #expect(requests(first)["a7"] == 2 && requests(first)["b7"] == 2 && first[0].pool == "compilers")
        let hidden = (0..<1000).map { "b\($0)" }.first { requests(first)[$0] == nil } ?? ""
        for _ in 1...9 { two.add(record(hidden)) }
        let second = together()
        #expect(requests(second)["other"] == 1009 && requests(second)[hidden] == nil)
        #expect(Set(second.map(\.name)) == Set(first.map(\.name)))
    }

    @Test func anEnvironmentCalledOtherHasNoRowOfItsOwn() {
        var (named, tally) = (NamedEnvironments(), Tally())
        for name in ["other", "production", "other"] { tally.add(record(name)) }
        var refused = record("invented")
        refused.pool = []
        tally.add(refused)
        let reports = named.reports(tally) { _ in nil }
        #expect(reports.map(\.name) == ["production", "other"])
        #expect(reports[1].traffic.requests == 3)
    }
}
