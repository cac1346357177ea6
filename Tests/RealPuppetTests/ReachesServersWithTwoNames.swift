import Testing

/// Jetty responds with 400 where the client sends SNI, the server's certificate has two or more names, and Host is none of them. Agents send
/// the name of puppetfront as Host, so puppetfront sends no SNI unless it is configured (`tls.sni`).
extension RealPuppet {
    private static let file = "/puppet/v3/file_metadata/modules/lab/small1?environment=production"

    @Test("A server whose certificate has two names serves requests and health checks")
    func reachesServersWithTwoNames() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agent = try Agent(lab, "two-names")
            _ = try await agent.join(front, ["--noop"])
            let served = try await front.fetch(Self.file, ["--cert", agent.certificatePath, "--key", agent.keyPath])
            #expect(served.exitCode == 0, "\(served.output)")
            let record = try #require(try await front.records { $0.endpoint == "file_metadata" }.last { $0.endpoint == "file_metadata" })
            #expect(record.status == 200 && record.server == "compiler1")
            #expect(!front.messages.contains { $0.contains("Server compilers/compiler1 is DOWN") })
        }
    }

    @Test("With an SNI that the server does not accept, its health check fails as requests would")
    func checksFailAsRequestsDo() async throws {
        let lab = try Lab()
        let sni = try "verify: hostname\n      sni: \(lab.value("COMPILER1_NAME"))"
        try await Front.run(lab, replacing: [("verify: hostname", sni)]) { front in
            try await front.awaitHealth(of: "compilers/compiler1", isUp: false)
            let change = front.messages.first { $0.contains("Server compilers/compiler1 is DOWN") }
            #expect(change?.contains("400") == true, "\(change ?? "")")
        }
    }
}
