import Testing

extension RealPuppet {
    @Test("An agent that has nothing gets authority, CRL and certificate, then changes things once and never again")
    func bootstrapsAgentFromNothing() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agent = try Agent(lab, "newborn", keyLength: 4096)

            let asked = try await agent.run(front)
            #expect(asked.exitCode == 1, "unsigned yet: \(asked.output)")
            #expect(asked.output.contains("has not been signed yet"))
            let waiting = try await Operator(front).run("list")
            #expect(waiting.output.contains(agent.certname), "the request waits for the operator: \(waiting.output)")

            let signed = try await Operator(front).run("sign", "--certname", agent.certname)
            #expect(signed.exitCode == 0, "\(signed.output)")
            let first = try await agent.run(front)
            #expect(first.exitCode == 2, "a first run changes things: \(first.output)")
            #expect(try lab.managed(agent, "greeting") == "served by environment production\n")
            #expect(try lab.managed(agent, "facts").contains("lab_environment=production\nlab_external=production outside"))
            #expect(try lab.managed(agent, "small8").hasSuffix("production setting320 = 8\n"))

            let steady = try await agent.run(front)
            #expect(steady.exitCode == 0, "a steady run changes nothing: \(steady.output)")

            try await BootstrapLog(front, agent).expectTheWholeJob()
        }
    }
}

/// What the access log has to say about such a life.
private struct BootstrapLog {
    let records: [AccessRecord]
    let agent: Agent

    init(_ front: Front, _ agent: Agent) async throws {
        self.agent = agent
        var reports = 0
        records = try await front.records { record in
            if record.endpoint == "report" { reports += 1 }
            return reports >= 2
        }
    }

    func expectTheWholeJob() {
        let bootstrap = records.filter { $0.ca && $0.client == nil }
        let endpoints = Set(bootstrap.compactMap(\.endpoint))
        #expect(endpoints == ["ca_certificate", "ca_certificate_revocation_list", "ca_certificate_request"])
        #expect(bootstrap.allSatisfy { $0.pool == "ca" && $0.server == "ca1" && $0.route == "sites.lab.ca" })

        let run = records.filter { $0.client == agent.certname }
        let served = Set(run.compactMap(\.endpoint))
        #expect(served.isSuperset(of: ["file_metadatas", "file_metadata", "file_content", "catalog", "report"]))
        #expect(run.allSatisfy { $0.pool == "compilers" && $0.environment == "production" && $0.status == 200 })

        let catalogs = run.filter { $0.endpoint == "catalog" }
        #expect(catalogs.count == 2)
        #expect(catalogs.allSatisfy { $0.certname == agent.certname && $0.server == "compiler1" })
        #expect(Set(catalogs.compactMap(\.transaction)).count == 2, "each run has a transaction of its own")
    }
}
