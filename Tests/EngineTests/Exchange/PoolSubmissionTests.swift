import Balancing
import Model
import Puppet
import Settings
import Testing

@testable import Engine

/// What a pool is asked for, and what its servers get besides the request.
struct PoolSubmissionTests {
    private func submission(certname: String? = "Agent.Test", pool edit: (inout PoolSettings) -> Void = { _ in }) throws -> PoolSubmission {
        let exchange = try ScriptedExchange(certname: certname, pool: edit)
        return PoolSubmission(snapshot: exchange.world.snapshot, client: exchange.client.client)
    }

    private func key(_ submission: PoolSubmission, _ key: StickKey, _ target: String) -> String {
        var request = PuppetRequest()
        let bytes = Array(target.utf8)
        _ = request.classify(method: .get, target: bytes.span, agentVersion: bytes.span.extracting(0..<0), isOperator: false)
        return String(decoding: submission.key(key, request), as: UTF8.self)
    }

    private static let node = "/puppet/v3/node/Other.Test?environment=Production"
    private static let status = "/status/v1/simple"

    @Test func aCertnameIsTheCertificatesInLowerCase() throws {
        #expect(try key(submission(), .certname, Self.node) == "agent.test")
        #expect(try key(submission(), .certname, Self.status) == "agent.test")
        #expect(try key(submission(certname: nil), .certname, Self.node) == "other.test", "without a certificate the path's")
        #expect(try key(submission(certname: nil), .certname, Self.status) == "192.0.2.9", "without both the source")
    }

    @Test func anEnvironmentIsTheRequests() throws {
        #expect(try key(submission(), .environment, Self.node) == "Production")
        #expect(try key(submission(), .environment, Self.status) == "192.0.2.9")
        #expect(try key(submission(), .source, Self.node) == "192.0.2.9")
    }

    /// Puppet Server would renew the proxy's own certificate.
    @Test func aRenewalBringsItsCertificateWhateverThePoolShows() throws {
        for (identity, text) in [(PoolSettings.Identity.none, ""), (.headers, "X-Client-DN: CN=Agent.Test\r\nX-Client-Cert: cert\r\n")] {
            let submission = try submission { $0.identity = identity }
            var request = PuppetRequest()
            func fields(_ target: String) -> String {
                let bytes = Array(target.utf8)
                _ = request.classify(method: .post, target: bytes.span, agentVersion: bytes.span.extracting(0..<0), isOperator: false)
                let additions = submission.additions(request, pool: PoolIndex(0), dropsExpect: true)
                #expect(
                    additions.dropsExpect && String(decoding: additions.forwardedFor, as: UTF8.self) == "X-Forwarded-For: 192.0.2.9\r\n")
                return String(decoding: additions.identityFields, as: UTF8.self)
            }
            #expect(fields("/puppet/v3/report/a.test?environment=p") == text)
            #expect(fields("/puppet-ca/v1/certificate_renewal") == (identity == .none ? "X-Client-Cert: cert\r\n" : text))
        }
    }

    @Test func aSubmissionSaysWhatItIs() throws {
        let exchange = try ScriptedExchange(["s1"], maxconn: 1) { $0.stick = StickSettings(on: .certname) }
        try exchange.forwarded(ScriptedExchange.catalog(7).replacing("a.test", with: "Stuck.Test") + "facts=x").says(ScriptedExchange.ok)
        let sticks = exchange.world.pool.withState { pool, _ in pool.sticks?.count ?? 0 }
        #expect(sticks == 1)
        let line = try exchange.line()
        #expect(line.bool("sticky") == false)
        try exchange.forwarded(ScriptedExchange.catalog(7).replacing("a.test", with: "stuck.test") + "facts=x").says(ScriptedExchange.ok)
        #expect(try exchange.line().bool("sticky") == true, "in any case")
    }

    @Test(arguments: [("8.2.0", true), ("7.25.0", false), (nil, false)] as [(String?, Bool)])
    func agentsThatCanUseItAreToldWhenToComeBack(_ version: String?, _ isTold: Bool) throws {
        let exchange = try ScriptedExchange()
        for server in exchange.world.pool.servers { exchange.world.pool.handle(.admin(server.id, .maint), now: .zero) }
        let field = version.map { "X-Puppet-Version: \($0)\r\n" } ?? ""
        try exchange.begin(ScriptedExchange.catalog(7, fields: field) + "facts=x")
        #expect(exchange.client.got.contains("503 Service Unavailable") && exchange.client.got.contains("\r\nRetry-After: ") == isTold)
        #expect(try exchange.end() == "503 no_server SC-- 0")
        // A refusal that lasts has no time to come back.
        try exchange.begin(ScriptedExchange.file.replacing("modules/m", with: "modules%2Fm").replacing("Host", with: field + "Host"))
        #expect(exchange.client.got.contains("400") && !exchange.client.got.contains("Retry-After"))
    }
}
