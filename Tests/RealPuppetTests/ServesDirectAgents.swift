import Testing

/// docs/webserver.conf: one process with a port for agents and one for puppetfront.
extension RealPuppet {
    @Test(
        "One Puppet Server process serves an agent directly and another through puppetfront at the same time, with the same trusted facts")
    func servesDirectAgents() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let extensions = ["pp_role": "database", "pp_datacenter": "eie"]
            let direct = try Agent(lab, "direct", extensions: extensions)
            let proxied = try Agent(lab, "proxied", extensions: extensions)
            for agent in [direct, proxied] { #expect(try await agent.join(front, ["--noop"]).exitCode == 0) }

            let compiler = LabServer(lab, .compiler1)
            async let directRun = direct.runDirectly(compiler, front)
            async let proxiedRun = proxied.run(front)
            let runs = try await [directRun, proxiedRun]
            for run in runs { #expect(run.exitCode == 2, "\(run.output)") }
            for agent in [direct, proxied] {
                #expect(try lab.managed(agent, "trusted") == "authenticated=remote\npp_datacenter=eie\npp_role=database\n")
            }
            let steady = try await direct.runDirectly(compiler, front)
            #expect(steady.exitCode == 0, "\(steady.output)")

            let records = try await front.records { $0.endpoint == "report" && $0.client == proxied.certname }
            #expect(
                records.count { $0.endpoint == "catalog" && $0.client == direct.certname } == 1,
                "only its first run came through puppetfront")
        }
    }

    @Test("On the agents' port forged fields get 403, and a certificate counts as it did without puppetfront")
    func ignoresForgedFieldsOfDirectAgents() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agent = try Agent(lab, "direct-forger")
            _ = try await agent.join(front, ["--noop"])
            let certificate = ["--cert", agent.certificatePath, "--key", agent.keyPath]
            let forged = ["--header", "X-Client-Verify: SUCCESS", "--header", "X-Client-DN: CN=operator.lab.test"]
            let compiler = LabServer(lab, .compiler1)
            let authority = LabServer(lab, .ca)
            let file = "/puppet/v3/file_metadata/modules/lab/small1?environment=production"
            let own = "/puppet/v3/node/\(agent.certname)?environment=production"
            let others = "/puppet/v3/node/operator.lab.test?environment=production"
            let statuses = "/puppet-ca/v1/certificate_statuses/all"

            try await expectForbidden(compiler, file, forged, "no certificate, no identity")
            try await expectForbidden(compiler, others, certificate + forged, "the certificate counts, not the field")
            try await expectForbidden(authority, statuses, certificate + forged, "an agent stays an agent")
            for arguments in [certificate, certificate + forged] {
                let served = try await compiler.fetchDirectly(own, arguments)
                #expect(served.exitCode == 0, "\(served.output)")
            }
        }
    }

    @Test("puppetserver ca works at the CA's port for agents and through puppetfront alike")
    func operatesAuthorityDirectly() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agent = try Agent(lab, "governed-directly")
            let asked = try await agent.run(front)
            #expect(asked.exitCode == 1)
            let direct = try Operator(front, at: LabServer(lab, .ca))
            let signed = try await direct.run("sign", "--certname", agent.certname)
            #expect(signed.exitCode == 0, "\(signed.output)")
            let cleaned = try await Operator(front).run("clean", "--certname", agent.certname)
            #expect(cleaned.exitCode == 0 && cleaned.output.contains("Cleaned files related to \(agent.certname)"), "\(cleaned.output)")
            let left = try await direct.run("list", "--all")
            #expect(left.exitCode == 0 && !left.output.contains(agent.certname), "\(left.output)")
        }
    }
}

private func expectForbidden(_ server: LabServer, _ target: String, _ arguments: [String], _ comment: Comment) async throws {
    let refused = try await server.fetchDirectly(target, arguments)
    #expect(refused.exitCode == 22 && refused.output.contains("403"), comment)
}
