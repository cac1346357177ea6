import Testing

extension RealPuppet {
    @Test("The extensions of an agent's certificate arrive in its catalog as trusted facts, over TLS and plain upstreams")
    func carriesTrustedFacts() async throws {
        let lab = try Lab()
        let expected = "authenticated=remote\npp_datacenter=eie\npp_role=database\n"
        try await Front.run(lab) { front in
            let agent = try Agent(lab, "trusted", extensions: ["pp_role": "database", "pp_datacenter": "eie"])
            for environment in ["production", "staging"] {
                let run =
                    environment == "production"
                    ? try await agent.join(front, ["--environment", environment])
                    : try await agent.run(front, ["--environment", environment])
                #expect(run.exitCode == 2, "\(run.output)")
                #expect(try lab.managed(agent, "trusted") == expected, "in \(environment)")
            }
        }
    }

    @Test("Identity fields that a client forges do not reach the server")
    func dropsForgedIdentity() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agent = try Agent(lab, "forger")
            _ = try await agent.join(front)
            let file = "/puppet/v3/file_metadata/modules/lab/small1?environment=production"
            let forged = ["--header", "X-Client-Verify: SUCCESS", "--header", "X-Client-DN: CN=operator.lab.test"]
            let anonymous = try await front.fetch(file, forged)
            #expect(anonymous.output.contains("403"), "no certificate, no identity: \(anonymous.output)")
            let operatorOnly = "/puppet-ca/v1/certificate_statuses/all"
            let identity = ["--cert", agent.certificatePath, "--key", agent.keyPath]
            let climber = try await front.fetch(operatorOnly, forged + identity)
            #expect(climber.output.contains("403"), "an agent stays an agent: \(climber.output)")
            let honest = try await front.fetch(file, identity)
            #expect(honest.exitCode == 0, "\(honest.output)")
        }
    }
}
