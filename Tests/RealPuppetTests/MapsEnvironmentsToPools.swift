import Testing

extension RealPuppet {
    @Test("Two environments go to the two pools that the admin mapped them to")
    func mapsEnvironmentsToPools() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agent = try Agent(lab, "mapped")
            let production = try await agent.join(front, ["--environment", "production"])
            #expect(production.exitCode == 2, "\(production.output)")
            #expect(try lab.managed(agent, "greeting") == "served by environment production\n")

            let staging = try await agent.run(front, ["--environment", "staging"])
            #expect(staging.exitCode == 2, "\(staging.output)")
            #expect(try lab.managed(agent, "greeting") == "served by environment staging\n")

            let records = try await front.records { $0.endpoint == "report" && $0.environment == "staging" }
            let run = records.filter { $0.client == agent.certname }
            expect(run, environment: "production", route: "environments.production", pool: "compilers", server: "compiler1")
            expect(run, environment: "staging", route: "environments.staging", pool: "development", server: "compiler1-plain")
        }
    }
}

private func expect(_ run: [AccessRecord], environment: String, route: String, pool: String, server: String) {
    let records = run.filter { $0.environment == environment }
    #expect(Set(records.compactMap(\.endpoint)).isSuperset(of: ["file_metadatas", "catalog", "file_metadata", "file_content", "report"]))
    #expect(Set(records.compactMap(\.route)) == [route])
    #expect(Set(records.compactMap(\.pool)) == [pool])
    #expect(Set(records.compactMap(\.server)) == [server])
}
