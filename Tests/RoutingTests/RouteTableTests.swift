import Model
import Puppet
import Routing
import Settings
import Testing

@Suite struct RouteTableTests {
    private func node(_ environment: String) -> String { "/puppet/v3/node/a?environment=\(environment)" }

    @Test func anExactNameGoesBeforeGlobsAndTheMoreSpecificGlobFirst() {
        let settings = Setup.settings(
            environments: [("*", 0), ("feature_*", 1), ("feature_x", 2), ("?eature_y*", 0), ("feature_?*", 2), ("feature_x", 0)],
            defaultPool: 3)
        #expect(Setup.decide(settings, node("feature_x")) == "environments.feature_x two", "the first of two equal names")
        #expect(Setup.decide(settings, node("feature_z")) == "environments.feature_* one", "the file's order among equals")
        #expect(Setup.decide(settings, node("feature_y1")) == "environments.feature_* one")
        #expect(Setup.decide(settings, node("other")) == "environments.* zero")
        #expect(Setup.decide(settings, "/puppet/v3/node/a") == "environments.default ca", "a glob wants an environment")
        #expect(Setup.decide(settings, "/status/v1/simple") == "environments.default ca")
    }

    @Test func environmentsCompareWithCase() {
        let settings = Setup.settings(environments: [("Production", 0), ("PRO*", 1)], defaultPool: 2)
        #expect(Setup.decide(settings, node("production")) == "environments.default two")
        #expect(Setup.decide(settings, node("PROduction")) == "environments.PRO* one")
    }

    @Test func theTableMapsEnvironmentsToPools() {
        let table = RouteTable(Setup.settings(environments: [("feature_*", 1), ("production", 0)], defaultPool: 2))
        #expect(table.pool(ofEnvironment: Array("feature_x".utf8)) == PoolIndex(1))
        #expect(table.pool(ofEnvironment: Array("production".utf8)) == PoolIndex(0))
        #expect(table.pool(ofEnvironment: Array("staging".utf8)) == PoolIndex(2))
        #expect(RouteTable(Setup.settings(environments: [("production", 0)])).pool(ofEnvironment: Array("staging".utf8)) == nil)
    }

    @Test func withoutADefaultWhatNothingNamesIsRefused() {
        let settings = Setup.settings(environments: [("production", 0)])
        #expect(Setup.decide(settings, node("production")) == "environments.production zero")
        #expect(Setup.decide(settings, node("staging")) == "refuse no_route -")
        #expect(Setup.decide(settings, "/puppet/v3/environments") == "refuse no_route -")
    }

    @Test func caRequestsGoToThisSitesCAWhateverTheRoutesSay() {
        let routes = [Setup.route("all", to: 1, RouteConditions(source: [AddressBlock("0.0.0.0/0")].compactMap { $0 }))]
        let settings = Setup.settings(routes: routes, environments: [("production", 0)], defaultPool: 0, caPool: 3)
        let targets = [
            "/puppet-ca/v1/certificate/ca", "/puppet-ca/v1/unheard-of", "/puppet-ca", "/production/certificate/a",
            "/production/certificate_revocation_list/ca", "//puppet-ca/v1/ocsp", "/ocsp/x", "/status/v1/simple/ca",
        ]
        for target in targets { #expect(Setup.decide(settings, target) == "sites.eie.ca ca", "\(target)") }
        #expect(Setup.decide(settings, node("production")) == "routes.all one")
    }

    @Test func withoutACAPoolCARequestsGoAsOthers() {
        let settings = Setup.settings(environments: [("production", 1)], defaultPool: 2)
        #expect(Setup.decide(settings, "/puppet-ca/v1/certificate/a") == "environments.default two")
        #expect(Setup.decide(settings, "/production/certificate/a") == "environments.production one")
    }

    @Test func theFirstRouteThatMatchesDecides() {
        let routes = [
            Setup.route("databases", to: 1, RouteConditions(certname: ["*.DB.example"], environment: ["production"])),
            Setup.route("files", to: 2, RouteConditions(endpoint: [.fileContent, .fileMetadata])),
        ]
        let settings = Setup.settings(routes: routes, environments: [("production", 0)], defaultPool: 0)
        let file = "/puppet/v3/file_content/m/f?environment=production"
        #expect(Setup.decide(settings, file, certname: "A.db.Example") == "routes.databases one", "certnames compare without case")
        #expect(Setup.decide(settings, file, certname: "a.example") == "routes.files two")
        #expect(Setup.decide(settings, file) == "routes.files two", "no condition on certname holds without a certificate")
        #expect(Setup.decide(settings, "/puppet/v3/node/a.db.example?environment=production") == "environments.production zero")
        #expect(Setup.decide(settings, "/puppet/v3/file_content/m/f", certname: "a.db.example") == "routes.files two", "no environment")
    }

    @Test func sourcesAreBlocksAndMappedAddressesCountAsV4() {
        let blocks = ["194.177.210.168", "10.0.0.0/8", "2001:db8::/32"].compactMap { AddressBlock($0) }
        let settings = Setup.settings(routes: [Setup.route("slow", to: 1, RouteConditions(source: blocks))], defaultPool: 0)
        for source in ["194.177.210.168", "10.255.0.1", "::ffff:10.1.1.1", "2001:db8:1::1"] {
            #expect(Setup.decide(settings, "/", source: source) == "routes.slow one", "\(source)")
        }
        for source in ["194.177.210.169", "11.0.0.1", "::1"] {
            #expect(Setup.decide(settings, "/", source: source) == "environments.default zero")
        }
    }

    @Test func averageQueuesMustAllBeAboveTheirNumbers() {
        let route = Setup.route("crowded", to: 2, RouteConditions(averageQueueAbove: [(PoolIndex(0), 1), (PoolIndex(1), 5)]))
        let settings = Setup.settings(routes: [route], defaultPool: 0)
        #expect(Setup.decide(settings, "/", queues: [0: 2, 1: 6]) == "routes.crowded two")
        #expect(Setup.decide(settings, "/", queues: [0: 1, 1: 6]) == "environments.default zero")
        #expect(Setup.decide(settings, "/", queues: [0: 2, 1: 5]) == "environments.default zero")
    }

    @Test func queuesAreAskedOnlyWhereARouteDependsOnThem() {
        let conditions = RouteConditions(environment: ["production"], averageQueueAbove: [(PoolIndex(0), 1)])
        let table = RouteTable(Setup.settings(routes: [Setup.route("crowded", to: 2, conditions)], defaultPool: 0))
        var asked = 0
        let count: (PoolIndex) -> Int = { _ in
            asked += 1
            return 9
        }
        _ = table.decide(Setup.request(node("staging")), RouteContext(), averageQueue: count)
        #expect(asked == 0)
        _ = table.decide(Setup.request(node("production")), RouteContext(), averageQueue: count)
        #expect(asked == 1)
    }

    @Test func everyTrustedExtensionMustMatchOneOfItsGlobs() {
        let role = "1.3.6.1.4.1.34380.1.1.13"
        let zone = "1.3.6.1.4.1.34380.1.1.20"
        let route = Setup.route("roles", to: 1, RouteConditions(trusted: [(role, ["database", "web*"]), (zone, ["eu"])]))
        let settings = Setup.settings(routes: [route], defaultPool: 0)
        #expect(Setup.decide(settings, "/", certname: "a", trusted: [(role, "web1"), (zone, "eu")]) == "routes.roles one")
        #expect(
            Setup.decide(settings, "/", certname: "a", trusted: [(role, "app"), (role, "database"), (zone, "eu")]) == "routes.roles one")
        for trusted in [[(role, "web1")], [(role, "Web1"), (zone, "eu")], [(zone, "web1"), (role, "eu")], []] {
            #expect(Setup.decide(settings, "/", certname: "a", trusted: trusted) == "environments.default zero")
        }
        #expect(Setup.decide(settings, "/") == "environments.default zero")
    }

    @Test(arguments: [
        "/puppet/v3/catalog/b", "/puppet/v3/node/b", "/puppet/v3/facts/b", "/puppet/v3/report/b", "/production/catalog/b",
        "/production/report/b", "/puppet/v3/catalog/a/", "/puppet/v3/catalog/a/b",
    ])
    func anotherAgentsCertnameIsRefused(_ target: String) {
        let settings = Setup.settings(environments: [("production", 0)], defaultPool: 0)
        #expect(Setup.decide(settings, target, certname: "a").hasPrefix("refuse wrong_certname environments."))
    }

    @Test func onlyTheVerifiedCertificateIsComparedAndWithoutCase() {
        let settings = Setup.settings(defaultPool: 0)
        #expect(Setup.decide(settings, "/puppet/v3/catalog/A.Example", certname: "a.eXAMPLE") == "environments.default zero")
        #expect(Setup.decide(settings, "/puppet/v3/catalog/%61", certname: "a") == "environments.default zero")
        #expect(Setup.decide(settings, "/puppet/v3/catalog/b") == "environments.default zero", "without a certificate it goes on")
        for target in ["/puppet/v4/catalog", "/puppet/v3/file_content/b", "/puppet-ca/v1/certificate/b", "/production/status/b"] {
            #expect(Setup.decide(settings, target, certname: "a") == "environments.default zero", "\(target)")
        }
    }

    @Test func aPoolMayLetOthersCertnamesPass() {
        let routes = [Setup.route("octocatalog", to: 1, RouteConditions(certname: ["diff"]))]
        let settings = Setup.settings(routes: routes, defaultPool: 0, enforcing: [0])
        #expect(Setup.decide(settings, "/puppet/v3/catalog/b", certname: "diff") == "routes.octocatalog one")
        #expect(Setup.decide(settings, "/puppet/v3/catalog/b", certname: "a") == "refuse wrong_certname environments.default")
    }

    @Test func aTraceShowsRulesThatDidNotMatchAndDecidesAlike() {
        let routes = [
            Setup.route("r0", to: 1, RouteConditions(endpoint: [.catalog])),
            Setup.route("r1", to: 1, RouteConditions(environment: ["x"])),
            Setup.route("r2", to: 1, RouteConditions(certname: ["x"])),
            Setup.route("r3", to: 1, RouteConditions(source: [])),
            Setup.route("r4", to: 1, RouteConditions(trusted: [("1.2", ["x"])])),
            Setup.route("r5", to: 1, RouteConditions(averageQueueAbove: [(PoolIndex(2), 0)])),
            Setup.route("r6", to: 1, RouteConditions(listener: ["x"])),
            Setup.route("r7", to: 1, RouteConditions(serverName: ["x"])),
            Setup.route("r8", to: 1, RouteConditions(method: [.put])),
            Setup.route("r9", to: 1, RouteConditions(path: ["/x"])),
            Setup.route("r10", to: 1, RouteConditions(agentVersion: ["x"])),
            Setup.route("r11", to: 2, RouteConditions(endpoint: [.node])),
        ]
        let table = RouteTable(Setup.settings(routes: routes, defaultPool: 0))
        let request = Setup.request(node("production"))
        let trace = table.trace(request, RouteContext(), averageQueue: { _ in 0 })
        #expect(
            trace.passed.map(\.failure.key) == [
                "endpoint", "environment", "certname", "source", "trusted", "avg_queue", "listener", "server_name", "method", "path",
                "agent_version",
            ])
        #expect(trace.passed.map { table.name($0.rule) } == (0..<11).map { "routes.r\($0)" })
        #expect(trace.decision == .forward(pool: PoolIndex(2), rule: RuleID(11)))
        #expect(trace.decision == table.decide(request, RouteContext(), averageQueue: { _ in 0 }))
        #expect(table.nameBytes(RuleID(11)) == Array("routes.r11".utf8))
    }
}
