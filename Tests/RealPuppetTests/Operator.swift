import Foundation

/// An operator who runs `puppetserver ca …` with a certificate that carries pp_cli_auth, through puppetfront or at the CA itself.
struct Operator {
    private let front: Front
    private let server: String
    private let port: String

    init(_ front: Front) {
        self.front = front
        server = "puppet.lab.test"
        port = String(front.port)
    }

    /// On the CA server's port for agents.
    init(_ front: Front, at authority: LabServer) throws {
        self.front = front
        server = try authority.hostName
        port = try authority.agentPort
    }

    func run(_ action: String, _ arguments: String...) async throws -> Command {
        let configuration = front.folder.appendingPathComponent("operator-\(port).conf")
        try """
        [main]
        certname = \(front.lab.value("OPERATOR_CERTNAME"))
        ssldir = \(front.lab.value("OPERATOR_SSL"))
        ca_server = \(server)
        ca_port = \(port)

        """.write(to: configuration, atomically: true, encoding: .utf8)
        return try await Command.run(
            front.lab.program("puppetserver") + ["ca", action] + arguments + ["--config", configuration.path],
            log: front.folder.appendingPathComponent("operator-\(UInt32.random(in: 0...UInt32.max))")
        )
    }
}
