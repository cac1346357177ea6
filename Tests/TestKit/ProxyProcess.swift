import Foundation

/// The built `puppetfront run`, started with a configuration and waited for until it is ready.
package final class ProxyProcess: Sendable {
    package let child: ChildProcess
    /// Name → `ADDRESS:PORT` of the ready line.
    package let addresses: [String: String]

    package enum Failure: Error, CustomStringConvertible {
        case noBinary
        case notReady(exitCode: Int32?, errors: [String])

        package var description: String {
            switch self {
            case .noBinary: "no puppetfront binary: set PUPPETFRONT_BIN or build the package"
            case .notReady(let code, let errors):
                "no ready line (exit code \(code.map(String.init) ?? "none")):\n" + errors.joined(separator: "\n")
            }
        }
    }

    /// - Parameters:
    ///   - configuration: the file's path
    ///   - descriptorLimit: `ulimit -n` of the process, hard and soft
    ///   - shell: what a shell does before, and with, `exec "$@"`: the process
    package init(
        configuration: String, arguments: [String] = [], environment: [String: String] = [:], descriptorLimit: Int? = nil,
        shell: String? = nil
    ) throws {
        guard let binary = ProxyProcess.binary else { throw Failure.noBinary }
        var words = [binary, "run", "--config", configuration] + arguments
        if let descriptorLimit { words = ["/bin/sh", "-c", "ulimit -n \(descriptorLimit); exec \"$@\"", "sh"] + words }
        if let shell { words = ["/bin/sh", "-c", shell, "sh"] + words }
        child = try ChildProcess(words, environment: environment)
        let found = child.errors.first(within: .seconds(20)) { $0.hasPrefix("ready") ? $0 : nil }
        guard let line = found else {
            let code = child.waitForEnd(within: .milliseconds(100))
            throw Failure.notReady(exitCode: code, errors: child.errorLines)
        }
        addresses = ProxyProcess.addresses(of: line)
    }

    /// `PUPPETFRONT_BIN`, else the product next to the test bundle, else the debug build under the working folder.
    package static let binary: String? = {
        if let given = ProcessInfo.processInfo.environment["PUPPETFRONT_BIN"], !given.isEmpty { return given }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let bundles = CommandLine.arguments.filter { $0.hasSuffix(".xctest") } + [own]
        let beside = bundles.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path + "/puppetfront" }
        let candidates = beside + [FileManager.default.currentDirectoryPath + "/.build/debug/puppetfront"]
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// `ready NAME=ADDRESS:PORT …`
    static func addresses(of line: String) -> [String: String] {
        var result: [String: String] = [:]
        for word in line.split(separator: " ").dropFirst() {
            guard let sign = word.lastIndex(of: "=") else { continue }
            result[String(word[..<sign])] = String(word[word.index(after: sign)...])
        }
        return result
    }

    /// The port of a listener by name.
    package func port(_ name: String = "agents") -> UInt16 {
        addresses[name].flatMap { $0.split(separator: ":").last }.flatMap { UInt16($0) } ?? 0
    }

    /// Every access-log line so far.
    package var log: [LogLine] { child.outputLines.compactMap(LogLine.init) }

    /// The first access-log line, past or to come, that `matches`; nil when none has come in time.
    package func waitForLog(within timeout: Duration = .seconds(10), where matches: (LogLine) -> Bool) -> LogLine? {
        child.output.first(within: timeout) { text in LogLine(text).flatMap { matches($0) ? $0 : nil } }
    }

    /// The first line on standard output or standard error that `matches` and is not an access-log line; nil when none has come in time.
    package func waitForMessage(within timeout: Duration = .seconds(10), where matches: (String) -> Bool) -> String? {
        var found: String?
        _ = waitUntil(within: timeout) {
            found = (child.errorLines + child.outputLines).first { LogLine($0)?.status == nil && matches($0) }
            return found != nil
        }
        return found
    }

    /// Messages so far, access-log lines left out.
    package var messages: [String] { (child.errorLines + child.outputLines).filter { LogLine($0)?.status == nil } }

    package func reload() { child.signal(SIGHUP) }
    package func terminate() { child.signal(SIGTERM) }
}
