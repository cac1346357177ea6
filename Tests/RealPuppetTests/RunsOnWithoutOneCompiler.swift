import Testing

extension RealPuppet {
    /// Never both away at once, so no run may fail. What the test leaves out is what HTTP cannot save: a report that a server has taken
    /// and not answered is lost with it. So the server is killed in the middle of a compile, which may be asked for again; and as
    /// puppetfront gives each server one request at a time (`maxconn: 1`, as many as it has JRubies), that compile is all it has.
    @Test(
        "Twenty agents run on while one of two compilers is stopped and continued, then the other killed and started cold",
        .enabled(if: Lab.hasTwoServers, "the lab of Puppet 8 has one server"))
    func runsOnWithoutOneCompiler() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agents = try (1...20).map { try Agent(lab, "load-\($0)") }  // load-*: signed at once, served by the pool `both`
            var killed = ""
            let runs = try await LabServer.run(disturbing: lab) {
                try await AgentLoad.run(agents, atOnce: 6, front) { load in
                    try await load.awaitAgents(agents.count)
                    try await stopAndContinue(LabServer(lab, .ca), "ca1", front, load)
                    killed = try await killAndStartCold(LabServer(lab, .compiler1), "compiler1", front, load)
                }
            }
            try expectFlawless(runs, front.records().filter { $0.pool == "both" }, killed: killed)
        }
    }
}

/// Stopped in the middle of a compile, until puppetfront has given the server up and some runs have gone past it, and no longer: whether
/// that compile waits for the server or is asked for elsewhere, its agent must not run out of patience.
private func stopAndContinue(_ server: LabServer, _ name: String, _ front: Front, _ load: AgentLoad) async throws {
    _ = try await server.holdCompile()
    try await server.pause()
    try server.openGate()
    try await front.awaitHealth(of: "both/\(name)", isUp: false)
    try await load.awaitFreshRuns(4)
    try await server.revive()
    try await front.awaitHealth(of: "both/\(name)", isUp: true)
    try await front.awaitCatalogs(2, from: name)
}

/// - Returns: the certname of the agent whose compile died with the server.
private func killAndStartCold(_ server: LabServer, _ name: String, _ front: Front, _ load: AgentLoad) async throws -> String {
    let certname = try await server.holdCompile()
    try await server.kill()
    try server.openGate()
    try await server.revive()
    try await front.awaitHealth(of: "both/\(name)", isUp: false)
    try await load.awaitFreshRuns(4)
    try await front.awaitHealth(of: "both/\(name)", isUp: true)
    try await front.awaitCatalogs(2, from: name)
    return certname
}

private func expectFlawless(_ runs: [AgentRun], _ records: [AccessRecord], killed certname: String) throws {
    for run in runs where !run.isFlawless {
        let story = records.filter { $0.client == run.certname }.map { "\($0)\n" }.joined()
        Issue.record("\(run.certname), exit code \(run.exitCode.map(String.init) ?? "none"):\n\(run.output)\n\(story)")
    }
    #expect(records.filter { $0.status != 200 || $0.reason != nil }.isEmpty)

    // One run is one catalog and one report. Both servers were warm and took part before one was stopped.
    let catalogs = records.filter { $0.endpoint == "catalog" }
    #expect(catalogs.count == runs.count)
    #expect(records.count { $0.endpoint == "report" } == runs.count)
    #expect(catalogs.contains { $0.certname == certname && $0.retries > 0 && $0.server == "ca1" }, "the killed compile was asked for again")
}
