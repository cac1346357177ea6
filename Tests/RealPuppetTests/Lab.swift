import Foundation

/// The lab that `scripts/lab` started, as its env file tells it: addresses, ports and paths.
struct Lab: Sendable {
    let folder: URL
    private let values: [String: String]

    static var isAnnounced: Bool { announcedFolder != nil }

    /// It was started with `--puppet8`: servers, agents and `puppetserver ca` of Puppet 8.
    static var isOfPuppet8: Bool { isAnnounced && (try? Lab().value("PUPPET").hasPrefix("8.")) == true }

    /// A CA and a compiler, not one server that is both.
    static var hasTwoServers: Bool { isAnnounced && (try? Lab().value("SERVERS")) == "ca compiler1" }

    private static var announcedFolder: String? {
        guard let path = ProcessInfo.processInfo.environment["PUPPETFRONT_LAB"], !path.isEmpty else { return nil }
        return path
    }

    /// Fails where the lab is announced but not ready: `scripts/lab wait` writes its env file last.
    init() throws {
        guard let path = Lab.announcedFolder else { throw LabError("PUPPETFRONT_LAB is not set") }
        folder = URL(fileURLWithPath: path)
        let file = folder.appendingPathComponent("lab.env")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw LabError("\(file.path) cannot be read: the lab is not ready (scripts/lab start --wait)")
        }
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            values[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        self.values = values
    }

    /// A value that `scripts/lab` promises to write.
    func value(_ name: String) throws -> String {
        guard let value = values[name] else { throw LabError("lab.env has no \(name)") }
        return value
    }

    /// What the agent's catalog wrote into its folder of managed files.
    func managed(_ agent: Agent, _ file: String) throws -> String {
        try String(contentsOfFile: "\(value("MANAGED"))/\(agent.certname)/\(file)", encoding: .utf8)
    }

    /// The words that run a program where the lab's Puppet is installed.
    func program(_ name: String) throws -> [String] { [try value("LAB_COMMAND"), "run", name] }

    /// Has `scripts/lab` do something; throws with its output where it fails.
    func command(_ words: String...) async throws {
        let log = try makeFolder("lab-\(words[0])").appendingPathComponent("output")
        let done = try await Command.run([value("LAB_COMMAND")] + words, log: log)
        guard done.exitCode == 0 else { throw LabError("lab \(words.joined(separator: " ")): \(done.output)") }
    }

    /// A new empty folder of the lab's, named after what it is for; it stays for whoever looks into a failure.
    func makeFolder(_ name: String) throws -> URL {
        let made = folder.appendingPathComponent("tests/\(name)-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        return made
    }
}

struct LabError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Asks until the answer is there, or throws once the time is over, saying what was waited for.
func waitUntil<Answer>(
    _ what: String, within limit: Duration = .seconds(240), every pause: Duration = .milliseconds(20), _ ask: () async throws -> Answer?
) async throws -> Answer {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while true {
        if let answer = try await ask() { return answer }
        guard clock.now < deadline else { throw LabError("waited \(limit) in vain: \(what)") }
        try await clock.sleep(for: pause)
    }
}
