import Testing

extension RealPuppet {
    @Test("An agent whose environment the server's classifier overrides starts again there, in that environment's pool")
    func followsClassifier() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agent = try Agent(lab, "enc")  // the lab's classifier puts enc-* into feature_x
            let run = try await agent.join(front, ["--environment", "production"])
            #expect(run.exitCode == 2, "\(run.output)")
            #expect(run.output.contains("feature_x"), "the agent was told: \(run.output)")
            #expect(try lab.managed(agent, "greeting") == "served by environment feature_x\n")

            let records = try await front.records { $0.endpoint == "report" }
            let catalogs = records.filter { $0.endpoint == "catalog" }
            #expect(catalogs.map(\.environment) == ["production", "feature_x"])
            #expect(catalogs.map(\.pool) == ["compilers", "development"])
            #expect(catalogs.map(\.route) == ["environments.production", "environments.feature_*"])
            #expect(records.last { $0.endpoint == "report" }?.pool == "development")
        }
    }
}
