import StandIn
import TestKit
import Testing

struct StandInAgentTests {
    @Test func bootstrapsAndRunsAgainstAStandInServer() throws {
        let authority = try StandInAuthority()
        var options = StandInServer.Options()
        options.authority = authority
        options.trustsHeaders = false
        options.tls = try .server(authority.issue("puppet.test"), clients: .optional, caPEM: authority.caPEM())
        let server = try StandInServer(options)
        try server.start()
        let agent = StandInAgent("new.test", port: server.port.number)
        let membership = try agent.bootstrap()
        #expect(membership.credential.certname == "new.test")
        let words = server.requests.map { "\($0.method) \($0.path)" }
        #expect(
            words == [
                "GET /puppet-ca/v1/certificate/ca", "GET /puppet-ca/v1/certificate_revocation_list/ca",
                "PUT /puppet-ca/v1/certificate_request/new.test", "GET /puppet-ca/v1/certificate/new.test",
            ])
        server.forgetRequests()
        let report = agent.steadyRun(as: membership)
        #expect(report.isClean, "\(report.failures)")
        #expect(report.hasCatalog)
        #expect(report.requestCount == 46)
        #expect(report.connectionCount == 1)
        #expect(server.requests.allSatisfy { $0.peer == "new.test" })
        let first = agent.firstRun(as: membership)
        #expect(first.isClean, "\(first.failures)")
        #expect(first.requestCount == 303)
    }

    @Test func aRunWithoutItsCatalogEndsThere() throws {
        let authority = try StandInAuthority()
        var options = StandInServer.Options()
        options.trustsHeaders = false
        options.tls = try .server(authority.issue("puppet.test"), clients: .optional, caPEM: authority.caPEM())
        let server = try StandInServer(options)
        try server.start()
        server.answer { $0.path.hasPrefix("/puppet/v3/catalog/") ? .text(503, "busy") : nil }
        let membership = StandInAgent.Membership(
            credential: try authority.issue("a.test"), caPEM: try authority.caPEM(), crlPEM: try authority.crlPEM())
        let report = StandInAgent("a.test", port: server.port.number).steadyRun(as: membership)
        #expect(!report.hasCatalog)
        #expect(report.requestCount == 4)
        #expect(report.failures.map(\.reason) == ["503"])
    }
}
