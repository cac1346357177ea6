import ArgumentParser
import ConfigFile

/// Sends commands to the runtime socket and prints the replies. Exit codes: 0 when all was done, 1 where the socket cannot be reached or
/// what was begun failed, 2 when something was not done.
struct CtlCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ctl",
        abstract: "Send a command to the runtime socket of a running puppetfront.",
        discussion: """
            The words are one line; without words, or with - alone, lines are read from standard input, payloads too.
            `puppetfront ctl help` lists the commands of the running service, docs/runtime-socket.md explains them.
            Exit code 0: all was done; 1: the socket cannot be reached, or what was begun failed; 2: something was not done \
            (a wrong word, Permission denied, No such server …).
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: ArgumentHelp("The socket. Default: the configuration's admin.socket.", valueName: "path"))
    var socket: String?

    @Argument(parsing: .captureForPassthrough, help: "As: show stat.")
    var command: [String] = []

    func run() throws {
        if command.first == "--help" || command.first == "-h" { throw CleanExit.helpRequest(self) }
        let path = try path()
        var replies: [StatusReply] = []
        if command.isEmpty || command == ["-"] {
            while let line = readLine() {
                if !line.isEmpty { replies += try send(Self.withPayload(line), to: path) }
            }
        } else {
            replies = try send(command.joined(separator: " "), to: path)
        }
        let code = replies.map(\.status.exit).max() ?? 0
        if code != 0 { throw ExitCode(code) }
    }

    /// A line that ends with ` <<` or ` <<WORD`, with the lines after it up to an empty one or to the line WORD: they belong to it.
    private static func withPayload(_ line: String) -> String {
        guard let marker = line.split(separator: " ").last, marker.hasPrefix("<<"), marker.count < line.count else { return line }
        let end = marker.dropFirst(2)
        var text = line
        while let next = readLine(), next != end { text += "\n\(next)" }
        return "\(text)\n\(end)"
    }

    /// That of the packaged configuration.
    private static let packagedSocket = "/run/puppetfront/admin.sock"

    private func path() throws -> String {
        if let socket { return socket }
        let result = options.load(checkFiles: false)
        guard let settings = result.settings else {
            // Just when the file is broken the running service must be reachable.
            let found = ConfigurationLoader.runtimeSocket(path: options.config) ?? Self.packagedSocket
            Output.error("\(options.config): warning: it has mistakes (puppetfront check), using the socket \(found)")
            return found
        }
        guard let found = settings.admin.socket?.path else {
            Output.error("\(options.config): error: it has no admin.socket")
            throw Exit.wrong
        }
        return found
    }

    /// Prints the texts, an empty line between those of several commands; what failed goes to standard error.
    private func send(_ line: String, to path: String) throws -> [StatusReply] {
        let replies: [StatusReply]
        do throws(RuntimeSocketClient.Failure) {
            replies = try RuntimeSocketClient.ask(path, line)
        } catch {
            Output.error("error: \(path): \(error.text)")
            throw Exit.failed
        }
        let text = replies.filter { $0.status != .failed }.map(\.text).joined(separator: "\n")
        if !text.isEmpty { Output.out(text) }
        for reply in replies where reply.status == .failed { Output.error(reply.text) }
        return replies
    }
}
