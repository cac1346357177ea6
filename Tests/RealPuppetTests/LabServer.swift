import Foundation

/// One of the lab's two Puppet Servers, for tests that take it away and bring it back.
struct LabServer {
    /// As `scripts/lab` calls it.
    enum Name: String, CaseIterable { case ca, compiler1 }

    private let lab: Lab
    private let name: Name

    init(_ lab: Lab, _ name: Name) {
        self.lab = lab
        self.name = name
    }

    /// As its certificate names it.
    var hostName: String {
        get throws { try lab.value("\(name.rawValue.uppercased())_NAME") }
    }

    /// The port that sets the identity fields from the agent's certificate.
    var agentPort: String {
        get throws { try lab.value("\(name.rawValue.uppercased())_AGENT_PORT") }
    }

    /// One request by curl to the port for agents, which trusts the lab's authority.
    func fetchDirectly(_ target: String, _ arguments: [String] = []) async throws -> Command {
        let trust = try ["--cacert", lab.value("CA_BUNDLE")]
        let url = try "https://\(hostName):\(agentPort)\(target)"
        return try await Command.run(
            ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", "60"] + trust + arguments + [url],
            log: lab.makeFolder("curl").appendingPathComponent("output"))
    }

    /// Runs the body, and leaves both servers running and every gate open, whatever became of it: other tests need them.
    static func run<Result>(disturbing lab: Lab, _ body: () async throws -> Result) async throws -> Result {
        do {
            let result = try await body()
            try await restore(lab)
            return result
        } catch {
            // In a task of its own: a test that ran out of time is cancelled, and so would be this.
            try await Task { try await restore(lab) }.value
            throw error
        }
    }

    /// Runs the body while the CA does not believe the identity fields, and has it believe them again, whatever became of it.
    static func run(distrusting lab: Lab, _ body: () async throws -> Void) async throws {
        try await lab.command("believe", Name.ca.rawValue, "false")
        do {
            try await body()
        } catch {
            try await Task { try await lab.command("believe", Name.ca.rawValue, "true") }.value
            throw error
        }
        try await lab.command("believe", Name.ca.rawValue, "true")
    }

    /// The process goes on to exist, and its port to accept connections, but nothing is read and nothing answered.
    func pause() async throws { try await lab.command("signal", name.rawValue, "STOP") }

    /// Dies without a word to anybody.
    func kill() async throws { try await lab.command("signal", name.rawValue, "KILL") }

    /// Continues what was paused; starts cold what was killed, and does not wait for it.
    func revive() async throws { try await lab.command("revive", name.rawValue) }

    /// Lets the next compile of a load-* agent on this server begin and not go on, and gives that agent's certname once it has begun.
    func holdCompile() async throws -> String {
        let gate = try gate
        try Data().write(to: gate)
        return try await waitUntil("a compile on \(name)") {
            let held = Command.contents(of: gate.appendingPathExtension("held"))
            return held.isEmpty ? nil : held
        }
    }

    /// Compiles go on.
    func openGate() throws {
        for file in [try gate, try gate.appendingPathExtension("held")] where FileManager.default.fileExists(atPath: file.path) {
            try FileManager.default.removeItem(at: file)
        }
    }

    private var gate: URL {
        get throws { try URL(fileURLWithPath: lab.value("GATES")).appendingPathComponent("\(name.rawValue).lab.test") }
    }

    private static func restore(_ lab: Lab) async throws {
        for name in Name.allCases {
            let server = LabServer(lab, name)
            try server.openGate()
            try await server.revive()
        }
        try await lab.command("wait")
    }
}
