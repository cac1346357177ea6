import Model
import Puppet
import PuppetInvariants
import Testing

/// One target and its classification, by Puppet's API documents and Puppet Server's routes.
struct Target: Sendable, CustomTestStringConvertible {
    var text: String
    var endpoint: PuppetEndpoint
    var certname = ""
    var environment = ""
    var source: PuppetRequest.EnvironmentSource?
    var isCA = false
    var testDescription: String { text }

    init(_ text: String, _ endpoint: PuppetEndpoint, certname: String = "", query: String = "", path: String = "", isCA: Bool = false) {
        self.text = text
        self.endpoint = endpoint
        self.certname = certname
        self.environment = query + path
        self.source = !query.isEmpty ? .query : !path.isEmpty ? .path : nil
        self.isCA = isCA
    }
}

func classified(_ target: String, method: RequestMethod = .get) -> ClassifiedRequest {
    var request = PuppetRequest()
    return ClassifiedRequest(method: method, target: Array(target.utf8), reusing: &request)
}

@Suite struct ClassifyTests {
    static let current: [Target] = [
        Target("/puppet/v3/catalog/a.example?environment=production", .catalog, certname: "a.example", query: "production"),
        Target("/puppet/v3/node/a.example?environment=x_1&transaction_uuid=1", .node, certname: "a.example", query: "x_1"),
        Target("/puppet/v3/facts/a.example?environment=p", .facts, certname: "a.example", query: "p"),
        Target("/puppet/v3/report/a.example?environment=p&", .report, certname: "a.example", query: "p"),
        Target("/puppet/v3/catalog/Caf%C3%A9", .catalog, certname: "Café"),
        Target("/puppet/v3/catalog/a/b", .catalog, certname: "a/b"),
        Target("/puppet/v3/catalog/", .catalog),
        Target("/puppet/v3/file_metadata/modules/m/f?links=manage&environment=p", .fileMetadata, query: "p"),
        Target("/puppet/v3/file_metadatas/plugins?ignore=.svn&ignore=.git&environment=p", .fileMetadatas, query: "p"),
        Target("/puppet/v3/file_content/modules/m/a%20b%C3%A9.txt?environment=p", .fileContent, query: "p"),
        Target("/puppet/v3/static_file_content/modules/m/f?environment=p&code_id=v1", .staticFileContent, query: "p"),
        Target("/puppet/v3/file_bucket_file/sha256/07560681//srv/bk.txt?environment=p", .fileBucketFile, query: "p"),
        Target("/puppet/v3/file_bucket_file/md5/0756//var/..a/b..?environment=p", .fileBucketFile, query: "p"),
        Target("/puppet/v3/environments", .environments),
        Target("/puppet/v3/environment_classes?environment=p", .environmentClasses, query: "p"),
        Target("/puppet/v3/environment_modules", .environmentModules),
        Target("/puppet/v3/environment_transports?environment=p", .environmentTransports, query: "p"),
        Target("/puppet/v3/tasks?environment=p", .tasks, query: "p"),
        Target("/puppet/v3/tasks/mod/init?environment=p", .tasks, query: "p"),
        Target("/puppet/v3/plans/mod/plan?environment=p", .plans, query: "p"),
        Target("/puppet/v3/status/x?environment=p", .status, query: "p"),
        Target("/puppet/v4/catalog", .catalog),
        Target("/puppet/v3/compile", .compile), Target("/puppet/v3/compile?environment=p", .compile, query: "p"),
        Target("/status/v1/simple", .status), Target("/status/v1/services?level=debug", .status), Target("/status", .status),
        Target("/metrics/v2", .metrics), Target("/metrics/v1/mbeans", .metrics),
        Target("/puppet-admin-api/v1/environment-cache?environment=p", .admin, query: "p"),
        Target("/puppet-admin-api/v1/jruby-pool", .admin),
    ]

    static let authority: [Target] = [
        Target("/puppet-ca/v1/certificate/ca", .caCertificate, certname: "ca", isCA: true),
        Target("/puppet-ca/v1/certificate/a.example?environment=p", .caCertificate, certname: "a.example", query: "p", isCA: true),
        Target("/puppet-ca/v1/certificate_request/a", .caCertificateRequest, certname: "a", isCA: true),
        Target("/puppet-ca/v1/certificate_status/a", .caCertificateStatus, certname: "a", isCA: true),
        Target("/puppet-ca/v1/certificate_statuses/any_key", .caCertificateStatuses, isCA: true),
        Target("/puppet-ca/v1/certificate_revocation_list/ca", .caCertificateRevocationList, isCA: true),
        Target("/puppet-ca/v1/certificate_revocation_list", .caCertificateRevocationList, isCA: true),
        Target("/puppet-ca/v1/certificate_renewal", .caCertificateRenewal, isCA: true),
        Target("/puppet-ca/v1/clean", .caClean, isCA: true),
        Target("/puppet-ca/v1/sign", .caSign, isCA: true), Target("/puppet-ca/v1/sign/all", .caSign, isCA: true),
        Target("/puppet-ca/v1/expirations", .caExpirations, isCA: true),
        Target("/puppet-ca/v1/ocsp", .caOCSP, isCA: true), Target("/ocsp", .caOCSP, isCA: true),
        Target("/ocsp/MEUwQz%2FBMD8%2F%2FwPTA7%2B%3D", .caOCSP, isCA: true), Target("/puppet-ca/v1/ocsp/a%2fb", .caOCSP, isCA: true),
        Target("/status/v1/simple/ca", .status, isCA: true), Target("/status/v1/services/ca?level=info", .status, isCA: true),
        Target("/status/v1/services/ca/", .status, isCA: true),
        Target("/puppet-ca/v1/unheard-of", .other, isCA: true), Target("/puppet-ca/v2/certificate/a", .other, isCA: true),
        Target("/puppet-ca", .other, isCA: true), Target("/puppet-ca/", .other, isCA: true),
        Target("/production/certificate/a", .caCertificate, certname: "a", path: "production", isCA: true),
        Target("/production/certificate_request/a", .caCertificateRequest, certname: "a", path: "production", isCA: true),
        Target("/production/certificate_status/a", .caCertificateStatus, certname: "a", path: "production", isCA: true),
        Target("/production/certificate_statuses/all", .caCertificateStatuses, path: "production", isCA: true),
        Target("/production/certificate_revocation_list/ca", .caCertificateRevocationList, path: "production", isCA: true),
    ]

    static let puppet3: [Target] = [
        Target("/production/catalog/a.example", .catalog, certname: "a.example", path: "production"),
        Target("/production/catalog/a.example?environment=production", .catalog, certname: "a.example", path: "production"),
        Target("/x_1/node/a", .node, certname: "a", path: "x_1"), Target("/x_1/facts/a", .facts, certname: "a", path: "x_1"),
        Target("/x_1/report/a", .report, certname: "a", path: "x_1"),
        Target("/x_1/file_metadata/modules/m/f", .fileMetadata, path: "x_1"),
        Target("/x_1/file_metadatas/plugins?recurse=true", .fileMetadatas, path: "x_1"),
        Target("/x_1/file_content/modules/m/f", .fileContent, path: "x_1"),
        Target("/x_1/file_bucket_file/md5/07//a", .fileBucketFile, path: "x_1"),
        Target("/production/status/koko", .status, path: "production"),
        Target("/v2.0/environments", .environments),
    ]

    static let others: [Target] = [
        Target("/", .other), Target("*", .other), Target("/favicon.ico", .other), Target("/puppet", .other), Target("/puppet/v3", .other),
        Target("/puppet/v3/nonsense/x?environment=p", .other, query: "p"), Target("/puppet/v4/catalog/x", .other),
        Target("/puppet/v5/catalog/x", .other), Target("/Puppet/v3/catalog/x", .other), Target("/puppet/v3/Catalog/x", .other),
        Target("/puppet/catalog/x", .other), Target("/production/static_file_content/x", .other), Target("/production/nonsense/x", .other),
        Target("/my-env/nonsense", .other), Target("/puppetx/v3/catalog/a", .other), Target("/puppet-cax/v1/certificate/a", .other),
    ]

    static let spelled: [Target] = [
        Target("//puppet///v3/catalog//a?environment=p", .catalog, certname: "a", query: "p"),
        Target("/puppet/v3/%63atalog/%61", .catalog, certname: "a"),
        Target("/puppet;x=1/v3;y/catalog/a;z", .catalog, certname: "a"), Target("/;a/puppet/v3/catalog/a", .catalog, certname: "a"),
        Target("/puppet/v3/catalog/a%3Bb", .catalog, certname: "a;b"), Target("/puppet/v3/catalog/a%25b", .catalog, certname: "a%b"),
        Target("/puppet/v3/catalog/a%3Fenvironment=x", .catalog, certname: "a?environment=x"),
        Target("/puppet/v3/catalog/a?%65nvironment=%70roduction", .catalog, certname: "a", query: "production"),
        Target("/puppet/v3/catalog/a?x=%zz&environment=p", .catalog, certname: "a", query: "p"),
        Target("/puppet/v3/catalog/a?x;environment=q&environment=p", .catalog, certname: "a", query: "p"),
        Target("/puppet/v3/catalog/a?Environment=q&+environment=q&environments=q", .catalog, certname: "a"),
        Target("/puppet/v3/catalog/a?", .catalog, certname: "a"), Target("/puppet/v3/catalog/a?=&&=x", .catalog, certname: "a"),
        Target("/%70uppet-ca/v1/certificate/a", .caCertificate, certname: "a", isCA: true),
        Target("//puppet-ca//v1//certificate/a", .caCertificate, certname: "a", isCA: true),
        Target("/puppet-ca;/v1/certificate/a", .caCertificate, certname: "a", isCA: true),
    ]

    @Test(arguments: [current, authority, puppet3, others, spelled].flatMap { $0 })
    func everyPathFormIsRecognised(_ target: Target) {
        let found = classified(target.text)
        #expect(found.problem == nil)
        #expect(found.endpoint == target.endpoint)
        #expect(String(decoding: found.certname, as: UTF8.self) == target.certname)
        #expect(String(decoding: found.environment, as: UTF8.self) == target.environment)
        #expect(found.environmentSource == target.source)
        #expect(found.isCA == target.isCA)
    }

    @Test func everyEndpointIsReached() {
        let reached = Set([Self.current, Self.authority, Self.others].joined().map(\.endpoint))
        #expect(reached == Set(PuppetEndpoint.allCases))
    }

    @Test(arguments: [
        ("/puppet/v3/catalog/a", true), ("/production/catalog/a", true), ("/puppet/v3/node/a", true), ("/puppet/v3/facts/a", true),
        ("/puppet/v3/report/a", true), ("/puppet/v4/catalog", false), ("/puppet/v3/file_content/a", false), ("/puppet/v3/catalog/", false),
        ("/puppet-ca/v1/certificate/a", false), ("/puppet-ca/v1/certificate_status/a", false),
    ])
    func whatOnlyTheAgentItselfMayAskForIsMarked(_ target: String, _ expected: Bool) {
        var request = PuppetRequest()
        _ = request.classify(method: .get, target: Array(target.utf8).span)
        #expect(request.isOwnCertnameOnly == expected)
    }

    @Test(arguments: [
        ("/puppet/v3/catalog/a", RequestMethod.post, Classification.needsBody), ("/puppet/v4/catalog", .post, .needsBody),
        ("/p/catalog/a", .post, .needsBody), ("/puppet/v3/catalog/a", .get, .needsBody), ("/puppet/v3/catalog/a", .head, .complete),
        ("/puppet/v3/report/a", .put, .complete), ("/puppet/v3/compile", .post, .needsBody),
        ("/puppet/v3/catalog/a?environment=", .post, .ambiguous(.environmentNotWord)),
    ])
    func onlyCatalogsNeedTheirBody(_ target: String, _ method: RequestMethod, _ expected: Classification) {
        var request = PuppetRequest()
        #expect(request.classify(method: method, target: Array(target.utf8).span) == expected)
    }

    @Test func onlyCatalogsCompilesAndNodesMayBeRepeated() {
        #expect(PuppetEndpoint.allCases.filter(\.mayRepeat) == [.catalog, .node, .compile])
    }

    /// `puppetserver ca sign` asks for them first, and then acts on the response.
    @Test func theStatusOfAllServicesIsTheCAsWhereAnOperatorAsks() {
        func isCA(_ target: String, isOperator: Bool) -> Bool {
            var request = PuppetRequest()
            let none: [UInt8] = []
            let found = request.classify(method: .get, target: Array(target.utf8).span, agentVersion: none.span, isOperator: isOperator)
            #expect(found == .complete && request.endpoint == .status)
            return request.isCA
        }
        for target in ["/status/v1/services", "/status/v1/services/", "/status/v1/services?level=debug", "//status/v1/%73ervices"] {
            #expect(isCA(target, isOperator: true) && !isCA(target, isOperator: false), "\(target)")
        }
        for target in ["/status/v1/simple", "/status/v1/services/server", "/status/v2/services", "/status", "/status/v2/simple/ca"] {
            #expect(!isCA(target, isOperator: true), "\(target)")
        }
    }

    /// An environment means nothing to these: it decides nothing, and a malformed one is none.
    @Test(arguments: [
        "/puppet-ca/v1/certificate/a", "/puppet-ca/v1/certificate_request/a", "/puppet-ca/v1/certificate_revocation_list/ca",
        "/puppet-ca/v1/certificate_renewal", "/puppet-ca/v1/unheard-of", "/status/v1/simple", "/status/v1/services/ca", "/metrics/v2",
        "/puppet/v3/status/x", "/ocsp",
    ])
    func anEnvironmentThatMeansNothingIsNotChecked(_ path: String) {
        for query in [
            "environment=feature-x", "environment=*root*", "environment=", "environment", "environment=p&environment=p", "%zz=1",
            "environment=p&environment=q", "environment=\(String(repeating: "e", count: 300))",
        ] {
            let found = classified("\(path)?\(query)")
            #expect(found.problem == nil && found.environment.isEmpty && found.environmentSource == nil, "\(query)")
        }
        #expect(classified("\(path)?environment=p").environment == Array("p".utf8))
    }

    @Test(arguments: [
        ("/my-env/certificate/a", PuppetEndpoint.caCertificate), ("/my.env/status/x", .status),
        ("/p/certificate/a?environment=q", .caCertificate),
        ("/*root*/certificate_revocation_list/ca", .caCertificateRevocationList),
    ])
    func aPuppet3PathsEnvironmentIsNotCheckedThereEither(_ target: String, _ endpoint: PuppetEndpoint) {
        let found = classified(target)
        #expect(found.problem == nil && found.endpoint == endpoint && found.environment.isEmpty && found.environmentSource == nil)
    }

    @Test func theAgentsVersionIsThisRequests() {
        var request = PuppetRequest()
        let target = Array("/status/v1/simple".utf8)
        _ = request.classify(method: .put, target: target.span, agentVersion: Array("8.10.0".utf8).span, isOperator: false)
        #expect(request.agentVersion == Array("8.10.0".utf8) && request.method == .put)
        _ = request.classify(method: .get, target: target.span)
        #expect(request.agentVersion.isEmpty && request.method == .get)
    }

    @Test func theTransactionIsTakenFromTheQuery() {
        #expect(classified("/puppet/v3/node/a?transaction_uuid=1d03726e-b05e&environment=p").transaction == Array("1d03726e-b05e".utf8))
        #expect(classified("/puppet/v3/node/a?transaction_uuid=%0d%0aX&environment=p").transaction.isEmpty)
    }
}
