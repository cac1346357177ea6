import ArgumentParser
import ConfigFile
import Engine
import Explain
import Glibc

/// Loads everything that `run` would, names aside, and reports all mistakes: 0 or 64.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Load everything that run would, and report all mistakes.")

    @OptionGroup var options: ConfigurationOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Read the files as this user, with its groups. Default: puppetfront, the service's user, where root checks and that user exists.",
            valueName: "name"))
    var user: String?

    @Flag(name: .long, help: "Print the pools as understood: what leads to each, and its servers in the order in which they are tried.")
    var verbose = false

    func run() throws {
        let reader = try becomeReader()
        let result = options.load(checkFiles: true)
        var diagnostics = result.diagnostics + result.advice
        if let settings = result.settings {
            // What is in the files: certificates, keys and CRLs.
            let (problems, warnings) = ProxyServer.verify(settings)
            diagnostics += problems.map { result.located($0, .error) } + warnings.map { result.located($0, .warning) }
        }
        for diagnostic in diagnostics { Output.error(diagnostic.description) }
        if diagnostics.contains(where: { $0.severity == .error }) {
            if let reader { Output.error("checked as user \(reader.name), as the service runs; --user root checks as root") }
            throw Exit.wrong
        }
        if verbose, let settings = result.settings { Output.out(Overview(settings).text) }
        let count = diagnostics.count
        let warnings = count == 0 ? "" : " (\(count) warning\(count == 1 ? "" : "s"))"
        Output.out("\(options.config): ok\(warnings)" + (reader.map { ", read as user \($0.name)" } ?? ""))
    }

    /// nil: this process's own user reads.
    private func becomeReader() throws -> ServiceUser? {
        guard let wanted = user ?? (geteuid() == 0 ? ServiceUser.packaged : nil) else { return nil }
        guard let found = ServiceUser(wanted) else {
            if user == nil { return nil }
            Output.error("error: --user: there is no user \(wanted)")
            throw Exit.wrong
        }
        if let reason = found.become() {
            Output.error("error: --user \(wanted): \(reason)")
            throw Exit.failed
        }
        return found
    }
}
