import Testing

/// The same scenario through a real HAProxy and through the real puppetfront.
struct AgainstHAProxyTests {
    @Test(arguments: Scenario.shares + Scenario.backups + Scenario.overflow)
    func theSameServersGetTheSameRequests(_ scenario: Scenario) throws {
        let haproxy = try ScenarioRun(scenario) { try HAProxy($0, addresses: $1) }
        let puppetfront = try ScenarioRun(scenario) { try Puppetfront($0, addresses: $1) }
        let (theirs, ours) = (try haproxy.play(), try puppetfront.play())
        #expect(theirs.situations == scenario.expectations, "HAProxy")
        #expect(ours.situations == scenario.expectations, "puppetfront")
        #expect(theirs.served == scenario.served, "HAProxy")
        #expect(ours.served == scenario.served, "puppetfront")
        #expect(haproxy.overfilled == [], "HAProxy")
        #expect(puppetfront.overfilled == [], "puppetfront")
    }
}

extension Scenario: CustomTestStringConvertible {
    var testDescription: String { name }

    var expectations: [Situation] {
        steps.compactMap { step in
            if case .expect(let situation) = step { situation } else { nil }
        }
    }
}
