import Testing

extension RealPuppet {
    @Test("A revoked agent is turned away once the CRL is refreshed and reloaded; others go on")
    func turnsRevokedAgentAway() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let revoked = try Agent(lab, "revoked")
            let other = try Agent(lab, "innocent")
            _ = try await revoked.join(front)
            _ = try await other.join(front)
            let done = try await Operator(front).run("revoke", "--certname", revoked.certname)
            #expect(done.exitCode == 0, "\(done.output)")

            try await front.refreshRevocationLists()
            let identity = ["--cert", revoked.certificatePath, "--key", revoked.keyPath]
            let target = "/puppet/v3/file_metadata/modules/lab/small1?environment=production"
            try await waitUntil("the reload to take the new CRL", within: .seconds(30)) {
                try await front.fetch(target, identity).exitCode == 0 ? nil : ()
            }

            let before = try front.records().filter { $0.client == revoked.certname && $0.status == 200 }.count
            let turned = try await revoked.run(front)
            #expect(turned.exitCode == 1)
            #expect(turned.output.contains("certificate revoked"), "the agent is told why: \(turned.output)")
            let after = try front.records().filter { $0.client == revoked.certname && $0.status == 200 }.count
            #expect(before == after, "nothing of it reached a server")

            let steady = try await other.run(front)
            #expect(steady.exitCode == 0, "\(steady.output)")
        }
    }
}
