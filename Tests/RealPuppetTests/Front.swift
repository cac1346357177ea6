import Foundation

/// The built `puppetfront run` in front of the lab: agents know it as puppet.lab.test, on a port of its own.
///
/// Its configuration is scripts/lab-files/puppetfront.yaml, its CRL file and its access log are its own.
final class Front: Sendable {
    let lab: Lab
    let folder: URL
    let port: Int
    private let process: Process

    private var errorLog: URL { folder.appendingPathComponent("stderr") }
    private var accessLog: URL { folder.appendingPathComponent("access.log") }
    private var crlFile: URL { folder.appendingPathComponent("crl.pem") }

    /// Runs the body with a puppetfront that is ready, and ends it afterwards, whatever happened.
    /// - Parameter lines: for pools of its configuration, by name: `identity: none`, say.
    static func run<Result>(
        _ lab: Lab, pools lines: [String: String] = [:], _ body: (Front) async throws -> Result
    ) async throws -> Result {
        let front = try await Front(lab, lines)
        defer { Front.stop(front.process) }
        return try await body(front)
    }

    private init(_ lab: Lab, _ lines: [String: String]) async throws {
        self.lab = lab
        folder = try lab.makeFolder("front")
        let binary = try Front.binary()
        let configuration = folder.appendingPathComponent("puppetfront.yaml")
        var template = try String(contentsOfFile: lab.value("FRONT_CONFIGURATION"), encoding: .utf8)
        for (pool, line) in lines { template = template.replacingOccurrences(of: "\n  \(pool):\n", with: "\n  \(pool):\n    \(line)\n") }
        try template.replacingOccurrences(of: "@FOLDER@", with: folder.path).write(to: configuration, atomically: true, encoding: .utf8)
        try FileManager.default.copyItem(atPath: lab.value("CRL_BUNDLE"), toPath: folder.appendingPathComponent("crl.pem").path)
        let errorLog = folder.appendingPathComponent("stderr")
        process = try Command.start(
            [binary, "run", "--config", configuration.path], output: folder.appendingPathComponent("stdout"), errors: errorLog)
        do {
            port = try await Front.awaitReadyPort(of: process, errorLog: errorLog)
        } catch {
            Front.stop(process)
            throw error
        }
    }

    // MARK: What a test does with it

    /// Fetches the current CRLs of the authority through puppetfront, puts them in place as a site's cron job would, and reloads.
    func refreshRevocationLists() async throws {
        let fetched = folder.appendingPathComponent("crl.pem.new")
        let curl = try await fetch("/puppet-ca/v1/certificate_revocation_list/ca", ["--output", fetched.path])
        guard curl.exitCode == 0 else { throw LabError("no CRL from the authority: \(curl.output)") }
        guard rename(fetched.path, crlFile.path) == 0 else { throw LabError("\(crlFile.path) cannot be replaced") }
        kill(process.processIdentifier, SIGHUP)
    }

    /// One request by curl, which trusts the lab's authority; extra arguments give a certificate, say.
    func fetch(_ target: String, _ arguments: [String] = []) async throws -> Command {
        let trust = try ["--cacert", lab.value("CA_BUNDLE")]
        let url = "https://puppet.lab.test:\(port)\(target)"
        return try await Command.run(
            ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", "60"] + trust + arguments + [url],
            log: folder.appendingPathComponent("curl-\(UInt32.random(in: 0...UInt32.max))")
        )
    }

    /// The same, with what the response is, whatever its status.
    func ask(_ target: String, _ arguments: [String] = []) async throws -> Reply {
        let body = folder.appendingPathComponent("body-\(UInt32.random(in: 0...UInt32.max))")
        let curl = try await fetch(target, ["--no-fail", "--output", body.path, "--write-out", "%{http_code}"] + arguments)
        guard let status = Int(curl.output) else { throw LabError("\(target): \(curl.output)") }
        return Reply(status: status, text: Command.contents(of: body))
    }

    /// Arguments for `fetch` and `ask`.
    var operatorCertificate: [String] {
        get throws {
            let (ssl, certname) = try (lab.value("OPERATOR_SSL"), lab.value("OPERATOR_CERTNAME"))
            return ["--cert", "\(ssl)/certs/\(certname).pem", "--key", "\(ssl)/private_keys/\(certname).pem"]
        }
    }

    /// The access log so far, one record a request.
    func records() throws -> [AccessRecord] {
        let decoder = JSONDecoder()
        return try Command.contents(of: accessLog).split(separator: "\n").map { line in
            do {
                return try decoder.decode(AccessRecord.self, from: Data(line.utf8))
            } catch {
                throw LabError("an access-log line is not as docs/outputs.md has it: \(line): \(error)")
            }
        }
    }

    /// Waits for the line of a request that has been answered, and gives every record up to then.
    func records(until wanted: (AccessRecord) -> Bool) async throws -> [AccessRecord] {
        try await waitUntil("a line in \(accessLog.path)", within: .seconds(20)) {
            let all = try records()
            return all.contains(where: wanted) ? all : nil
        }
    }

    /// Waits for that many records that are wanted, and gives these.
    func records(_ count: Int, where wanted: (AccessRecord) -> Bool = { _ in true }) async throws -> [AccessRecord] {
        try await waitUntil("\(count) lines in \(accessLog.path)", within: .seconds(20)) {
            let found = try records().filter(wanted)
            return found.count >= count ? found : nil
        }
    }

    /// What it has said on standard error so far, one line each.
    var messages: [String] { Command.contents(of: errorLog).split(separator: "\n").map(String.init) }

    /// Waits for that many lines of catalogs that the server is about to serve.
    func awaitCatalogs(_ count: Int, from server: String) async throws {
        let before = try records().count
        try await waitUntil("\(count) catalogs from \(server)", every: .seconds(1)) {
            try records().dropFirst(before).count { $0.endpoint == "catalog" && $0.server == server } >= count ? () : nil
        }
    }

    /// Waits until puppetfront's log has it that a server, POOL/NAME, went down or came up.
    func awaitHealth(of server: String, isUp: Bool) async throws {
        try await waitUntil("\(server) to be \(isUp ? "UP" : "DOWN")", every: .milliseconds(100)) {
            let changes = Command.contents(of: errorLog).split(separator: "\n").filter { $0.contains("Server \(server) is ") }
            return changes.last?.contains(isUp ? " is UP," : " is DOWN,") == true ? () : nil
        }
    }

    // MARK: Its life

    private static func awaitReadyPort(of process: Process, errorLog: URL) async throws -> Int {
        try await waitUntil("puppetfront's ready line in \(errorLog.path)", within: .seconds(60)) {
            guard process.isRunning else { throw LabError("puppetfront ended: \(Command.contents(of: errorLog))") }
            return readyPort(in: Command.contents(of: errorLog))
        }
    }

    /// The port of `agents=ADDRESS:PORT` in the ready line, once that line is whole.
    private static func readyPort(in text: String) -> Int? {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() where line.hasPrefix("ready ") {
            for word in line.split(separator: " ") where word.hasPrefix("agents=") {
                return word.split(separator: ":").last.flatMap { Int($0) }
            }
        }
        return nil
    }

    private static func stop(_ process: Process) {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static func binary() throws -> String {
        if let named = ProcessInfo.processInfo.environment["PUPPETFRONT_BIN"], !named.isEmpty { return named }
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("puppetfront")
        guard FileManager.default.isExecutableFile(atPath: beside.path) else {
            throw LabError("no puppetfront beside the tests (\(beside.path)): build it, or name it in PUPPETFRONT_BIN")
        }
        return beside.path
    }
}
