/// Agents that run again and again, a bounded number of them at once: who has waited longest goes next.
actor AgentLoad {
    private(set) var runs: [AgentRun] = []
    private var idle: [Agent]
    private var isOver = false

    private init(_ agents: [Agent]) { idle = agents }

    /// Keeps the agents busy while the body runs, then lets those under way finish.
    /// - Returns: every run there was.
    static func run(_ agents: [Agent], atOnce: Int, _ front: Front, _ body: (AgentLoad) async throws -> Void) async throws -> [AgentRun] {
        let load = AgentLoad(agents)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<atOnce {
                group.addTask { await load.work(front) }
            }
            try await body(load)
            await load.end()
            try await group.waitForAll()
        }
        return await load.runs
    }

    /// Waits until so many runs have begun and ended from now on.
    nonisolated func awaitFreshRuns(_ count: Int) async throws {
        let start = ContinuousClock.now
        try await waitUntil("\(count) runs of agents") {
            await runs.count { $0.began >= start } >= count ? () : nil
        }
    }

    /// Waits until so many different agents have ended a run.
    nonisolated func awaitAgents(_ count: Int) async throws {
        try await waitUntil("a run of each of \(count) agents") {
            await Set(runs.map(\.certname)).count >= count ? () : nil
        }
    }

    private func end() { isOver = true }

    private func work(_ front: Front) async {
        while !isOver, !Task.isCancelled, !idle.isEmpty {
            let agent = idle.removeFirst()
            let began = ContinuousClock.now
            let run: AgentRun
            do {
                let command = try await agent.run(front)
                run = AgentRun(certname: agent.certname, began: began, exitCode: command.exitCode, output: command.output)
            } catch {
                run = AgentRun(certname: agent.certname, began: began, exitCode: nil, output: "\(error)")
            }
            runs.append(run)
            idle.append(agent)
        }
    }
}
