import ArgumentParser
import ConfigFile
import Engine
import Glibc
import Logging

/// Runs in the foreground until SIGTERM has drained it.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run in the foreground.",
        discussion: "SIGTERM drains and ends, SIGHUP reloads. Logs go to standard output, errors to standard error.")

    @OptionGroup var options: ConfigurationOptions

    @Flag(name: .long, help: "Take the place of the instance that runs at the configuration's admin.socket: its sockets and its state.")
    var takeover = false

    func run() throws {
        let level = LogLevel()
        let log = Logger(label: "puppetfront") { _ in LineLogHandler(level: level) }
        let server = try ProxyServer(
            version: Version.current, takesOver: takeover, successor: Self.successor, log: log, configurationPath: options.config,
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

    /// This command line again, with `--takeover`, of the file that this program was started from: another may be there later.
    private static var successor: [String] {
        var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = path.withUnsafeMutableBytes { bytes in bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? -1 }
        guard count > 0 else { return [] }
        let program = String(decoding: path[..<count], as: UTF8.self)
        let words = CommandLine.arguments.dropFirst()
        return [program] + words + (words.contains("--takeover") ? [] : ["--takeover"])
    }
}
