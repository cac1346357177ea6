import Explain
import Foundation
import Model
import Puppet
import Settings
import Testing

@Suite struct ExplanationTests {
    private static let settings: ProxySettings = {
        func server(_ name: String, _ site: String, backup: Bool = false) -> ServerSettings {
            ServerSettings(name: name, address: UpstreamAddress(host: "\(name).example", port: 8140), site: SiteName(site), backup: backup)
        }
        let compilers = [
            server("p2", "knossos"), server("p1", "eie"), server("p0", "eie", backup: true), server("p4", "eie"), server("p3", "far"),
        ]
        let listener = ListenerSettings(name: "agents", address: ListenAddress(address: IPAddress(v4: 0), port: 8140))
        return ProxySettings(
            site: SiteName("eie"),
            sites: [
                SiteSettings(name: SiteName("eie"), near: [SiteName("knossos")], caPool: PoolIndex(2)),
                SiteSettings(name: SiteName("knossos")),
            ],
            listeners: [listener],
            pools: [
                PoolSettings(name: "compilers", servers: compilers), PoolSettings(name: "fast", servers: [server("p9", "eie")]),
                PoolSettings(name: "ca", servers: [server("ca1", "knossos")]),
            ],
            routes: [
                RouteSettings(
                    name: "crowded", conditions: RouteConditions(averageQueueAbove: [(PoolIndex(0), 1)]), pool: PoolIndex(1)),
                RouteSettings(
                    name: "monitoring",
                    conditions: RouteConditions(source: [AddressBlock("10.0.0.0/8"), AddressBlock("::1")].compactMap { $0 }),
                    pool: PoolIndex(1)),
                RouteSettings(
                    name: "databases",
                    conditions: RouteConditions(environment: ["production"], trusted: [("1.3.6.1.4.1.34380.1.1.13", ["database"])]),
                    pool: PoolIndex(1)),
                RouteSettings(
                    name: "old",
                    conditions: RouteConditions(
                        environment: ["old"], listener: ["agents"], serverName: ["*.old.example"], agentVersion: ["7.*"]),
                    pool: PoolIndex(1)),
            ],
            environments: [
                EnvironmentRow(pattern: "production", pool: PoolIndex(0)), EnvironmentRow(pattern: "feature_*", pool: PoolIndex(1)),
            ],
            trustedOIDs: ["1.2.3.4": "my_role"], limits: LimitSettings(target: 200, bodyScan: 2000))
    }()

    private func answer(
        _ method: String, _ target: String, source: String? = nil, certname: String? = nil, trusted: [(key: String, value: String)] = [],
        body: String? = nil, listener: String? = nil, serverName: String? = nil, agentVersion: String? = nil
    ) throws -> Explanation {
        let question = Question(
            method: method, target: target, source: source.flatMap { IPAddress($0) }, certname: certname, trusted: trusted,
            body: body.map { Array($0.utf8) }, listener: listener, serverName: serverName, agentVersion: agentVersion)
        return try Explanation(question, settings: Self.settings)
    }

    @Test func theJSONHasEveryKeyInTheContractsOrder() throws {
        let found = try answer("POST", "/puppet/v3/catalog/a?environment=production", certname: "A")
        #expect(
            found.json == #"{"endpoint":"catalog","certname":"a","client":"A","environment":"production","environment_source":"query","#
                + #""ca":false,"decision":"forward","reason":null,"status":null,"route":"environments.production","pool":"compilers","#
                + #""tiers":[["p1","p4"],["p2"],["p3"],["p0"]],"site":"eie","listener":null,"server_name":null,"agent_version":null,"#
                + #""instances":[]}"#)
        #expect(found.isForward)
    }

    @Test func aRefusalHasReasonStatusAndNoTiers() throws {
        let found = try answer("GET", "/puppet/v3/node/b?environment=production", certname: "a")
        #expect(
            found.json == #"{"endpoint":"node","certname":"b","client":"a","environment":"production","environment_source":"query","#
                + #""ca":false,"decision":"refuse","reason":"wrong_certname","status":403,"route":"environments.production","pool":null,"#
                + #""tiers":[],"site":"eie","listener":null,"server_name":null,"agent_version":null,"#
                + #""instances":[]}"#)
        #expect(!found.isForward)
    }

    @Test(arguments: [
        ("GET", "/puppet/v3/node/a?environment=nowhere", "no_route", 404), ("GET", "/a/../b", "bad_request", 400),
        ("CONNECT", "puppet:8140", "method_not_allowed", 405), ("TRACE", "/", "method_not_allowed", 405),
        ("GET", "/" + String(repeating: "x", count: 200), "target_too_long", 414), ("GET", "nothing", "bad_request", 400),
        ("POST", "/puppet/v3/catalog/a?environment=a&environment=b", "bad_request", 400),
    ])
    func everyRejectionOfARequestAloneIsShown(_ method: String, _ target: String, _ reason: String, _ status: Int) throws {
        let found = try answer(method, target)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(found.json.utf8)) as? [String: Any])
        #expect(object["decision"] as? String == "refuse")
        #expect(object["reason"] as? String == reason)
        #expect(object["status"] as? Int == status)
        #expect(object["tiers"] as? [[String]] == [])
        #expect(object.count == 17)
        #expect(found.text.contains("\(status) \(reason): "))
    }

    @Test func theBodyOfACatalogCounts() throws {
        let found = try answer("POST", "/puppet/v3/catalog/a?environment=production", body: "facts=x&environment=feature_x")
        #expect(found.environmentSource == .body)
        #expect(found.route == "environments.feature_*")
        #expect(found.tiers == [["p9"]])
        let json = try answer("POST", "/puppet/v4/catalog", certname: "tool", body: #"{"certname":"b","environment":"production"}"#)
        #expect(json.certname == "b")
        #expect(json.route == "environments.production")
        let twice = try answer("POST", "/puppet/v3/catalog/a", body: "environment=a&environment=b")
        #expect(twice.reason == .badRequest)
        #expect(twice.ambiguity == .environmentTwice)
    }

    @Test func theCAsRequestsAreTheCAs() throws {
        let found = try answer("GET", "/puppet-ca/v1/certificate/ca", source: "10.0.0.1")
        #expect(found.route == "sites.eie.ca")
        #expect(found.isCA)
        #expect(found.tiers == [["ca1"]])
        #expect(found.environment == nil)
        #expect(found.text.contains("decided by   sites.eie.ca (CA requests go there before any route)\n"))
    }

    @Test func absoluteFormIsCutToItsPath() throws {
        let found = try answer("GET", "https://puppet:8140/puppet/v3/node/a?environment=production")
        #expect(found.route == "environments.production")
        #expect(try answer("GET", "http://puppet?environment=production").route == "environments.production")
        #expect(try answer("GET", "http://puppet").reason == .noRoute)
    }

    @Test func trustedExtensionsAreNamedOrNumbered() throws {
        let target = "/puppet/v3/node/a?environment=production"
        for key in ["pp_role", "1.3.6.1.4.1.34380.1.1.13"] {
            #expect(try answer("GET", target, certname: "a", trusted: [(key, "database")]).route == "routes.databases")
        }
        #expect(try answer("GET", target, certname: "a", trusted: [("my_role", "database")]).route == "environments.production")
        #expect(throws: QuestionError.unknownExtension("pp_rol")) { try answer("GET", target, certname: "a", trusted: [("pp_rol", "x")]) }
        #expect(throws: QuestionError.trustedWithoutCertname) { try answer("GET", target, trusted: [("pp_role", "x")]) }
    }

    @Test func theTextShowsEachStepAndWhyRulesDidNotMatch() throws {
        let found = try answer(
            "POST", "/puppet/v3/catalog/a?environment=production", source: "192.0.2.1", certname: "a", trusted: [("pp_role", "web")])
        #expect(
            found.text == """
                request      POST /puppet/v3/catalog/a?environment=production
                taken for    catalog of a, environment production (from the query)
                client       a, by a verified certificate
                source       192.0.2.1
                site         eie
                note         no body given: an environment in it would go before the query's
                passed over  routes.crowded: avg_queue of compilers > 1 counts as not holding here
                passed over  routes.monitoring: source 192.0.2.1 is none of 10.0.0.0/8, ::1
                passed over  routes.databases: trusted pp_role web is not database
                passed over  routes.old: no listener given; wanted agents
                decided by   environments.production
                pool         compilers
                balance      least-connections
                tier 1       p1, p4
                tier 2       p2
                tier 3       p3
                tier 4       p0

                """)
    }

    @Test func theTextSaysWhatIsMissing() throws {
        let found = try answer("GET", "/puppet/v3/environments")
        #expect(
            found.text == """
                request      GET /puppet/v3/environments
                taken for    environments, no environment
                client       unknown: no verified certificate
                source       not given: no condition on the source holds
                site         eie
                passed over  routes.crowded: avg_queue of compilers > 1 counts as not holding here
                passed over  routes.monitoring: no source given; wanted 10.0.0.0/8, ::1
                passed over  routes.databases: the request carries no environment; wanted production
                passed over  routes.old: no listener given; wanted agents
                passed over  environments: the request carries no environment
                refused      404 no_route: no rule matches, and environments has no default

                """)
    }

    @Test func aGlobOfTheTableSaysThatNoRowHasTheName() throws {
        let found = try answer("GET", "/puppet/v3/node/a?environment=feature_x", source: "10.1.1.1")
        #expect(found.route == "routes.monitoring")
        let other = try answer("GET", "/puppet/v3/node/a?environment=feature_x")
        #expect(other.passed.last?.rule == "environments")
        #expect(other.passed.last?.why == "no row is named feature_x")
    }

    @Test func whatTheConnectionSaysCanBeGiven() throws {
        let target = "/puppet/v3/node/a?environment=old"
        let found = try answer("GET", target, listener: "agents", serverName: "A.old.example", agentVersion: "7.1.0")
        #expect(found.route == "routes.old")
        #expect(
            found.json.hasSuffix(
                #","site":"eie","listener":"agents","server_name":"A.old.example","agent_version":"7.1.0","instances":[]}"#))
        #expect(found.text.contains("listener     agents\nserver name  A.old.example\nagent        7.1.0\n"))
        #expect(try answer("GET", target, listener: "agents", agentVersion: "7.1.0").passed.last?.why == "no row matches old")
        #expect(
            try answer("GET", target, listener: "agents").passed.first { $0.rule == "routes.old" }?.why == "no SNI; wanted *.old.example")
        #expect(throws: QuestionError.unknownListener("agent")) { try answer("GET", target, listener: "agent") }
    }

    @Test func whatNeedsACertificateSaysSo() throws {
        let found = try answer("POST", "/puppet-ca/v1/certificate_renewal")
        #expect(found.reason == .unverified && found.route == "sites.eie.ca")
        #expect(found.text.hasSuffix("refused      403 unverified: the ca_certificate_renewal needs a verified certificate\n"))
        #expect(try answer("POST", "/puppet-ca/v1/certificate_renewal", certname: "a").isForward)
    }

    @Test func anOperatorIsKnownByItsExtension() throws {
        let found = try answer("GET", "/status/v1/services", certname: "op", trusted: [("pp_cli_auth", "true")])
        #expect(found.route == "sites.eie.ca" && found.isCA)
        #expect(try answer("GET", "/status/v1/services?environment=production", certname: "op").route == "environments.production")
    }

    @Test func aBodyBeyondWhatIsReadIsRefused() throws {
        let body = "facts=" + String(repeating: "x", count: 2000) + "&environment=production"
        let found = try answer("POST", "/puppet/v3/catalog/a", body: body)
        #expect(found.reason == .bodyTooLarge)
        #expect(found.text.hasSuffix("refused      413 body_too_large: the body is longer than limits.body_scan\n"))
    }

    @Test func namesAreEscapedInJSON() throws {
        let found = try answer("GET", "/puppet/v3/node/a%22%5Cé?environment=production", certname: "x\n\u{1}")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(found.json.utf8)) as? [String: Any])
        #expect(object["certname"] as? String == "a\"\\é")
        #expect(object["client"] as? String == "x\n\u{1}")
        #expect(object["site"] as? String == "eie")
    }

    @Test func anInstanceIsMarkedInItsTier() throws {
        var settings = Self.settings
        settings.sites[1].instances = [InstanceSettings(name: "pf1.knossos", address: UpstreamAddress(host: "pf1", port: 8150))]
        settings.pools[0].servers.append(
            ServerSettings(
                name: "pf1.knossos", address: UpstreamAddress(host: "pf1", port: 8150), site: SiteName("knossos"), isInstance: true))
        let question = Question(
            method: "GET", target: "/puppet/v3/node/a.example?environment=production", source: nil, certname: nil, trusted: [], body: nil,
            listener: nil, serverName: nil, agentVersion: nil)
        let found = try Explanation(question, settings: settings)
        #expect(found.json.hasSuffix(#","instances":["pf1.knossos"]}"#))
        let lines = found.text.split(separator: "\n").filter { $0.hasPrefix("tier") }
        #expect(lines.prefix(3) == ["tier 1       p1, p4", "tier 2       pf1.knossos (instance)", "tier 3       p2"])
    }
}
