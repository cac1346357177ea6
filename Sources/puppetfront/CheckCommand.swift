import ArgumentParser
import ConfigFile
import Engine

/// Loads everything that `run` would, names aside, and reports all mistakes: 0 or 64.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Load everything that run would, and report all mistakes.")

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        let result = options.load(checkFiles: true)
        var diagnostics = result.diagnostics
        if let settings = result.settings {
            // What is in the files: certificates, keys and CRLs.
            let (problems, warnings) = ProxyServer.verify(settings)
            diagnostics += problems.map { result.located($0, .error) } + warnings.map { result.located($0, .warning) }
        }
        for diagnostic in diagnostics { Output.error(diagnostic.description) }
        if diagnostics.contains(where: { $0.severity == .error }) { throw Exit.wrong }
        let count = diagnostics.count
        Output.out("\(options.config): ok" + (count == 0 ? "" : " (\(count) warning\(count == 1 ? "" : "s"))"))
    }
}
