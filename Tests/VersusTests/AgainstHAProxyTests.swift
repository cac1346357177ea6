import Testing

/// The same scenario through a real HAProxy, in TCP mode, and through the real puppetfront: the same servers get the same shares, and the
/// same requests wait, overflow and are refused.
///
/// No scenario goes where puppetfront does otherwise on purpose:
///
/// | | HAProxy 2.6 | puppetfront |
/// |---|---|---|
/// | catalogs and files wait together | first come, first served | the classes share the slots by time |
/// | some are queued when only backups are left | they stay queued; later requests go to the backups | the first in the queue goes there first |
/// | some wait when the last server goes down | they wait on | they are refused |
/// | some are queued when a server recovers | those it gets then do not count: later ones may exceed its maxconn | its maxconn holds |
/// | every server fails its check | all are rejected | the pool may continue with them (`panic`, 0% in these scenarios) |
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
