import Model
import Puppet
import Routing
import Settings
import Testing

@Suite struct RouteConditionTests {
    private func settings(_ conditions: RouteConditions) -> ProxySettings {
        Setup.settings(routes: [Setup.route("r", to: 1, conditions)], defaultPool: 0)
    }

    @Test func listenersAreNamed() {
        let settings = settings(RouteConditions(listener: ["agents", "old"]))
        for name in ["agents", "old"] { #expect(Setup.decide(settings, "/", listener: name) == "routes.r one") }
        for name in ["", "agent", "agents2", "Agents"] {
            #expect(Setup.decide(settings, "/", listener: name) == "environments.default zero")
        }
    }

    @Test func serverNamesAreGlobsWithoutCase() {
        let settings = settings(RouteConditions(serverName: ["*.OLD.example", "puppet"]))
        for name in ["a.old.example", "A.Old.Example", "PUPPET"] {
            #expect(Setup.decide(settings, "/", serverName: name) == "routes.r one", "\(name)")
        }
        for name in ["", "old.example", "puppet.example"] {
            #expect(Setup.decide(settings, "/", serverName: name) == "environments.default zero", "\(name)")
        }
        let any = self.settings(RouteConditions(serverName: ["*"]))
        #expect(Setup.decide(any, "/", serverName: "x") == "routes.r one")
        #expect(Setup.decide(any, "/") == "environments.default zero", "without SNI no glob matches")
    }

    @Test func methodsAreWords() {
        let settings = settings(RouteConditions(method: [.put, .delete]))
        for method in [RequestMethod.put, .delete] { #expect(Setup.decide(settings, "/", method: method) == "routes.r one") }
        for method in [RequestMethod.get, .head, .post, .options, .patch, .other] {
            #expect(Setup.decide(settings, "/", method: method) == "environments.default zero")
        }
    }

    @Test func pathsAreGlobsOfTheNormalisedPath() {
        let settings = settings(RouteConditions(path: ["/puppet/v3/tasks*", "/exact"]))
        for target in [
            "/puppet/v3/tasks", "/puppet/v3/tasks/a/b?environment=x", "//puppet///v3/t%61sks;x=1", "/exact", "/exact?x", "//exact",
        ] {
            #expect(Setup.decide(settings, target) == "routes.r one", "\(target)")
        }
        for target in ["/puppet/v3/task", "/Exact", "/exact/", "/?x=/exact", "/x/puppet/v3/tasks"] {
            #expect(Setup.decide(settings, target) == "environments.default zero", "\(target)")
        }
    }

    @Test func agentVersionsAreGlobs() {
        let settings = settings(RouteConditions(agentVersion: ["7.*", "8.0.?"]))
        for version in ["7.23.0", "7.", "8.0.1"] { #expect(Setup.decide(settings, "/", version: version) == "routes.r one", "\(version)") }
        for version in ["", "8.10.0", "17.0.0", "8.0.10"] {
            #expect(Setup.decide(settings, "/", version: version) == "environments.default zero", "\(version)")
        }
        #expect(Setup.decide(self.settings(RouteConditions(agentVersion: ["*"])), "/") == "environments.default zero", "without the field")
    }

    /// What is not known lets no condition hold, not even one that takes all.
    @Test func anUnknownSourceMatchesNoBlock() {
        let table = RouteTable(settings(RouteConditions(source: [AddressBlock("::/0")].compactMap { $0 })))
        #expect(table.decide(Setup.request("/"), RouteContext(), averageQueue: { _ in 0 }) == .forward(pool: PoolIndex(0), rule: RuleID(1)))
        #expect(
            table.decide(Setup.request("/"), RouteContext(source: IPAddress(v4: 1)), averageQueue: { _ in 0 })
                == .forward(pool: PoolIndex(1), rule: RuleID(0)))
    }

    @Test func allConditionsOfARouteMustHold() {
        let settings = settings(
            RouteConditions(
                endpoint: [.node], listener: ["agents"], serverName: ["puppet"], method: [.get], path: ["*"], agentVersion: ["8.*"]))
        func decide(
            _ target: String = "/puppet/v3/node/a", _ method: RequestMethod = .get, _ version: String = "8.1.0",
            _ listener: String = "agents",
            _ name: String = "puppet"
        ) -> String { Setup.decide(settings, target, method: method, version: version, listener: listener, serverName: name) }
        #expect(decide() == "routes.r one")
        let others = [
            decide("/puppet/v3/facts/a"), decide("/puppet/v3/node/a", .head), decide("/puppet/v3/node/a", .get, "7.1.0"),
            decide("/puppet/v3/node/a", .get, "8.1.0", "plain"), decide("/puppet/v3/node/a", .get, "8.1.0", "agents", "x"),
        ]
        #expect(Set(others) == ["environments.default zero"])
    }

    @Test func aRoutesConditionsAreDescribed() {
        let blocks = (1...9).compactMap { AddressBlock("10.\($0).0.0/16") }
        let conditions = RouteConditions(
            certname: ["*.a", "b"], environment: ["x"], source: [AddressBlock("192.0.2.0/24"), AddressBlock("::1")].compactMap { $0 },
            endpoint: [.report, .facts], averageQueueAbove: [(PoolIndex(2), 3)], trusted: [("1.3.6.1.4.1.34380.1.1.13", ["web", "db"])],
            listener: ["agents"], serverName: ["puppet"], method: [.put], path: ["/x*"], agentVersion: ["7.*"])
        let routes = [Setup.route("r", to: 1, conditions), Setup.route("many", to: 1, RouteConditions(source: blocks))]
        let table = RouteTable(Setup.settings(routes: routes, defaultPool: 0))
        #expect(
            table.conditions(RuleID(0))
                == "endpoint facts,report and method PUT and listener agents and environment x and certname *.a,b and "
                + "source 192.0.2.0/24,::1 and server_name puppet and agent_version 7.* and path /x* and trusted pp_role=web,db and "
                + "avg_queue(two) > 3")
        #expect(table.conditions(RuleID(1)) == "source of 9 blocks")
        #expect(table.conditions(RuleID(2)) == "")
    }

    @Test func whyAConditionDoesNotHoldIsSaid() {
        func why(_ conditions: RouteConditions, _ context: RouteContext = RouteContext(), version: String = "", queue: Int = 0) -> String {
            let table = RouteTable(settings(conditions))
            let request = Setup.request("/x", version: version)
            let trace = table.trace(request, context, averageQueue: { _ in queue })
            return trace.passed.first.map { $0.failure.whyNot(request, context) { _ in queue } } ?? "holds"
        }
        let known = RouteContext(
            identity: Setup.identity("web1"), source: IPAddress("192.0.2.1"), listener: Array("plain".utf8), serverName: Array("sni".utf8))
        #expect(why(RouteConditions(listener: ["agents"])) == "no listener given; wanted agents")
        #expect(why(RouteConditions(listener: ["agents"]), known) == "listener plain is not agents")
        #expect(why(RouteConditions(serverName: ["a", "b"])) == "no SNI; wanted a, b")
        #expect(why(RouteConditions(serverName: ["a", "b"]), known) == "server_name sni is none of a, b")
        #expect(why(RouteConditions(method: [.put])) == "method GET is not PUT")
        #expect(why(RouteConditions(path: ["/y"])) == "path /x is not /y")
        #expect(why(RouteConditions(agentVersion: ["7.*"])) == "no X-Puppet-Version; wanted 7.*")
        #expect(why(RouteConditions(agentVersion: ["7.*"]), version: "8.1.0") == "agent_version 8.1.0 is not 7.*")
        #expect(why(RouteConditions(certname: ["a"]), known) == "client web1 is not a")
        #expect(why(RouteConditions(averageQueueAbove: [(PoolIndex(2), 3)]), queue: 3) == "avg_queue of two is 3, not more than 3")
        #expect(why(RouteConditions(averageQueueAbove: [(PoolIndex(2), 3)]), queue: 4) == "holds")
        #expect(
            why(RouteConditions(averageQueueAbove: [(PoolIndex(2), 3)]), queue: AverageQueueCondition.unknown)
                == "avg_queue of two > 3 counts as not holding here")
    }
}
