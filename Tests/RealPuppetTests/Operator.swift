import Foundation

/// Whoever runs `puppetserver ca …` with a certificate that carries pp_cli_auth, through puppetfront.
struct Operator {
    private let front: Front

    init(_ front: Front) { self.front = front }

    func run(_ action: String, _ arguments: String...) async throws -> Command {
        let configuration = front.folder.appendingPathComponent("operator.conf")
        try """
        [main]
        certname = \(front.lab.value("OPERATOR_CERTNAME"))
        ssldir = \(front.lab.value("OPERATOR_SSL"))
        ca_server = puppet.lab.test
        ca_port = \(front.port)

        """.write(to: configuration, atomically: true, encoding: .utf8)
        return try await Command.run(
            ["puppetserver", "ca", action] + arguments + ["--config", configuration.path],
            log: front.folder.appendingPathComponent("operator-\(UInt32.random(in: 0...UInt32.max))")
        )
    }
}
