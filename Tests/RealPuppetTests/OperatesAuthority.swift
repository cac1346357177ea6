import Testing

extension RealPuppet {
    @Test("The operator lists, signs, revokes and cleans through puppetfront, and an agent may not")
    func operatesAuthority() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agent = try Agent(lab, "governed")
            let authority = Operator(front)
            _ = try await agent.join(front)

            let all = try await authority.run("list", "--all")
            #expect(all.exitCode == 0)
            #expect(section("Signed Certificates", of: all.output).contains(agent.certname), "\(all.output)")

            let identity = ["--cert", agent.certificatePath, "--key", agent.keyPath]
            let refused = try await front.fetch("/puppet-ca/v1/certificate_statuses/all", identity)
            #expect(refused.output.contains("403"), "an agent is no operator: \(refused.output)")

            let revoked = try await authority.run("revoke", "--certname", agent.certname)
            #expect(revoked.exitCode == 0, "\(revoked.output)")
            let afterwards = try await authority.run("list", "--all")
            #expect(section("Revoked Certificates", of: afterwards.output).contains(agent.certname), "\(afterwards.output)")

            let cleaned = try await authority.run("clean", "--certname", agent.certname)
            #expect(cleaned.output.contains("Cleaned files related to \(agent.certname)"), "\(cleaned.output)")
            let left = try await authority.run("list", "--all")
            #expect(left.exitCode == 0)
            #expect(!left.output.contains(agent.certname))

            let records = try await front.records {
                $0.endpoint == "ca_certificate_status" && $0.method == "DELETE" || $0.endpoint == "ca_clean"
            }
            let asked = records.filter { $0.client == "operator.lab.test" }
            #expect(asked.allSatisfy { $0.ca && $0.pool == "ca" && $0.environment == nil })
            #expect(Set(asked.compactMap(\.endpoint)).isSuperset(of: ["ca_certificate_status", "ca_certificate_statuses"]))
        }
    }
}

/// The lines of `puppetserver ca list` from a heading to the next one.
private func section(_ heading: String, of list: String) -> String {
    let lines = list.split(separator: "\n").drop { !$0.hasPrefix(heading) }.dropFirst()
    return lines.prefix { $0.hasPrefix(" ") }.joined(separator: "\n")
}
