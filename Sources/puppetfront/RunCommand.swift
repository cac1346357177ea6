import ArgumentParser
import ConfigFile
import Engine
import Logging

/// Runs in the foreground until SIGTERM has drained it.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run in the foreground.",
        discussion: "SIGTERM drains and ends, SIGHUP reloads. Logs go to standard output, errors to standard error.")

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        let level = LogLevel()
        let log = Logger(label: "puppetfront") { _ in LineLogHandler(level: level) }
        let server = try ProxyServer(
            version: Version.current, log: log,
            load: { [options] in
                let result = options.load(checkFiles: true)
                let lines = result.diagnostics.map(\.description)
                guard let settings = result.settings else { return .failed(lines) }
                level.set(settings.logs.level.rawValue)
                return .loaded(settings, warnings: lines)
            },
            onReady: { Output.error((["ready"] + $0).joined(separator: " ")) })
        throw ExitCode(server.run())
    }
}
