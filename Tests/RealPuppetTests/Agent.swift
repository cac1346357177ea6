import Foundation

/// A real `puppet agent` with a life of its own: it knows one name, puppet.lab.test, and the port of the puppetfront there.
struct Agent {
    let certname: String
    private let lab: Lab
    private let folder: URL
    private let keyLength: Int

    /// A name is used once, so that each test has an agent that the authority has never seen.
    /// - Parameters:
    ///   - keyLength: in bits; agents make 4096 unless told otherwise, which takes seconds.
    ///   - extensions: requested for its certificate, by short name: trusted facts later on.
    init(_ lab: Lab, _ purpose: String, keyLength: Int = 2048, extensions: [String: String] = [:]) throws {
        certname = "\(purpose)-\(UInt32.random(in: 0...UInt32.max)).lab.test"
        self.lab = lab
        folder = try lab.makeFolder(certname)
        self.keyLength = keyLength
        for name in ["conf", "var", "ssl", "run", "log", "public"] {
            try FileManager.default.createDirectory(at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        guard !extensions.isEmpty else { return }
        let lines = extensions.map { "  \($0.key): \($0.value)\n" }.joined()
        try "---\nextension_requests:\n\(lines)".write(
            to: folder.appendingPathComponent("conf/csr_attributes.yaml"), atomically: true, encoding: .utf8)
    }

    var certificatePath: String { folder.appendingPathComponent("ssl/certs/\(certname).pem").path }
    var keyPath: String { folder.appendingPathComponent("ssl/private_keys/\(certname).pem").path }

    /// One `puppet agent --test`: exit code 0 for nothing to do, 2 for changes, 1, 4 or 6 for failures.
    func run(_ front: Front, _ arguments: [String] = []) async throws -> Command {
        try await puppet(front, ["agent", "--test", "--waitforcert", "0"] + arguments)
    }

    /// One run that asks a Puppet Server itself, on its port for agents; certificates and CRLs still come through puppetfront.
    func runDirectly(_ server: LabServer, _ front: Front, _ arguments: [String] = []) async throws -> Command {
        let direct = try ["--server", server.hostName, "--serverport", server.agentPort]
        let authority = ["--ca_server", "puppet.lab.test", "--ca_port", String(front.port)]
        return try await puppet(["agent", "--test", "--waitforcert", "0"] + arguments, direct + authority)
    }

    /// A first contact that asks for a certificate, the operator's signature, and the run that then follows.
    func join(_ front: Front, _ arguments: [String] = []) async throws -> Command {
        let asked = try await run(front, arguments)
        guard asked.exitCode == 1 else { throw LabError("\(certname) got in unsigned: \(asked.output)") }
        let signed = try await Operator(front).run("sign", "--certname", certname)
        guard signed.exitCode == 0 else { throw LabError("\(certname) was not signed: \(signed.output)") }
        return try await run(front, arguments)
    }

    /// Another command of Puppet's as this agent: `filebucket`, say. It yields the processor to the servers and to puppetfront, as
    /// agents elsewhere, with machines of their own, would.
    func puppet(_ front: Front, _ command: [String]) async throws -> Command {
        try await puppet(command, ["--server", "puppet.lab.test", "--serverport", String(front.port)])
    }

    private func puppet(_ command: [String], _ server: [String]) async throws -> Command {
        let folders = ["conf", "var", "ssl", "run", "log", "public"].flatMap { ["--\($0)dir", folder.appendingPathComponent($0).path] }
        let identity = ["--certname", certname, "--keylength", String(keyLength)]
        return try await Command.run(
            ["nice", "-n", "10"] + lab.program("puppet") + command + folders + identity + server + ["--color", "false"],
            log: folder.appendingPathComponent("output-\(UInt32.random(in: 0...UInt32.max))"))
    }
}
