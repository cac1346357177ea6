import Foundation
import Synchronization

/// The demo: agents bootstrap and run through the proxy while sites fail and recover.
///
/// Passes if every request went to the expected site in each act and no run lost its catalog.
package final class DemoScenario: Sendable {
    private let sites: DemoSites
    private let agentCount: Int
    private let pace: Duration
    private let say: @Sendable (String) -> Void
    private let agents = DemoAgents()
    private let isCancelled = Atomic(false)

    /// - Parameters:
    ///   - pace: the shortest duration of each act, so that it can be watched on the stats page
    ///   - say: gets one line for each thing that happens
    package init(sites: DemoSites, agentCount: Int, pace: Duration = .zero, say: @escaping @Sendable (String) -> Void) {
        self.sites = sites
        self.agentCount = agentCount
        self.pace = pace
        self.say = say
    }

    /// Ends the scenario at the next step; from any thread.
    package func cancel() { isCancelled.store(true, ordering: .relaxed) }

    package enum Outcome: Sendable { case passed, failed, cancelled }

    /// Runs every act, then leaves the agents running; `finish` ends them.
    package func run(port: UInt16) -> Outcome {
        guard enrol(port: port) else { return isOver ? .cancelled : .failed }
        let (home, near, far) = (sites.sites[0], sites.sites[1], sites.sites[2])
        var passed = act("everything is up: \(home.name) serves its own agents", expecting: home)
        home.servers[0].stop()
        passed = act("\(home.servers[0].name) is killed: its neighbour takes all", expecting: home) && passed
        home.servers[1].stop()
        passed = act("\(home.servers[1].name) is killed too: the next site, \(near.name), serves", expecting: near) && passed
        for server in near.servers { server.stop() }
        passed = act("all of \(near.name) is killed: \(far.name) serves", expecting: far) && passed
        passed = restart(near, home) && passed
        passed = act("both are back: \(home.name) serves again", expecting: home) && passed
        return isOver ? .cancelled : (passed ? .passed : .failed)
    }

    /// Lets the running agents end and reports the results of all runs; false if one ended without its catalog.
    @discardableResult
    package func finish() -> Bool {
        let hasEnded = agents.stop()
        let tally = agents.current
        say("")
        say(
            "\(tally.runCount) runs of \(agentCount) agents, \(tally.requestCount) requests, \(tally.withoutCatalogCount) runs without a catalog, \(tally.failureCount) requests failed"
        )
        for failure in tally.failures { say("  failed: \(failure)") }
        for site in sites.sites {
            say("  \(site.name): " + site.servers.map { "\($0.name) \($0.requestCount) requests" }.joined(separator: ", "))
        }
        if !hasEnded { say("  some agents did not end in time") }
        return hasEnded && tally.withoutCatalogCount == 0 && tally.runCount > 0
    }

    private var isOver: Bool { isCancelled.load(ordering: .relaxed) }

    /// Every agent gets its certificate through the proxy, then starts to run.
    private func enrol(port: UInt16) -> Bool {
        var members: [(agent: StandInAgent, membership: StandInAgent.Membership)] = []
        for number in 1...max(1, agentCount) {
            guard !isOver else { return false }
            let agent = StandInAgent("agent\(number).test", port: port)
            do {
                members.append((agent, try agent.bootstrap()))
            } catch {
                say("agent\(number).test cannot get its certificate: \(error)")
                return false
            }
        }
        say("\(agentCount) agents have fetched the CA's certificate and CRLs, sent their requests and got their certificates")
        agents.start(members, pause: .milliseconds(100))
        return true
    }

    /// Waits until only `site` gets traffic: each of its running servers responds, and the others get no more requests.
    private func act(_ title: String, expecting site: DemoSites.Site) -> Bool {
        guard !isOver else { return false }
        say("")
        say(title)
        let start = ContinuousClock.now
        let others = sites.sites.filter { $0.name != site.name }
        let living = site.servers.filter(\.isRunning)
        while ContinuousClock.now - start < .seconds(30), !isOver {
            let before = living.map(\.requestCount)
            let strayBefore = others.reduce(0) { $0 + $1.requestCount }
            Thread.sleep(forTimeInterval: 0.5)
            let stray = others.reduce(0) { $0 + $1.requestCount } - strayBefore
            let counts = living.indices.map { living[$0].requestCount - before[$0] }
            if stray == 0, counts.allSatisfy({ $0 > 0 }) {
                say(
                    "  in half a second: " + living.indices.map { "\(living[$0].name) \(counts[$0])" }.joined(separator: ", ")
                        + "; elsewhere 0")
                while ContinuousClock.now - start < pace, !isOver { Thread.sleep(forTimeInterval: 0.1) }
                return true
            }
        }
        if !isOver { say("  NOT reached within 30 s") }
        return false
    }

    private func restart(_ revived: DemoSites.Site...) -> Bool {
        for server in revived.flatMap(\.servers) {
            do { try server.start() } catch {
                say("\(server.name) cannot start again: \(error)")
                return false
            }
        }
        return true
    }
}
