import Puppet
import Settings
import Testing

@Suite struct SlotKindTests {
    @Test func everyEndpointHasItsPlace() {
        #expect(PuppetEndpoint.allCases.map { Int(SlotKind($0).value) } == Array(0..<SlotKind.count))
    }

    @Test func limitsComeInTheOrderOfTheEndpoints() {
        let maxconn = MaxconnSettings(all: 12, byEndpoint: [.other: 1, .catalog: 4, .report: 2])
        #expect(maxconn.limits.map(\.kind) == [.catalog, .report, .other].map { SlotKind($0) })
        #expect(maxconn.limits.map(\.limit) == [4, 2, 1])
    }
}
