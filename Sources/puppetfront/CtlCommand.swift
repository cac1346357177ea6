import ArgumentParser
import ConfigFile

/// Sends commands to the runtime socket and prints the answers: 0, 1 where there is no socket, 2 where the service said no.
struct CtlCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ctl",
        abstract: "Send a command to the runtime socket of a running puppetfront.",
        discussion: """
            The words are one line; without words, or with - alone, lines are read from standard input, payloads too. docs/runtime-socket.md lists the commands.
            Exit code 1: the socket cannot be reached, a reload was refused, or a takeover failed; 2: the last answer is one of "no" (Permission denied, Unknown command, No such …).
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: ArgumentHelp("The socket. Default: the configuration's admin.socket.", valueName: "path"))
    var socket: String?

    @Argument(parsing: .captureForPassthrough, help: "As: show stat.")
    var command: [String] = []

    func run() throws {
        let path = try path()
        if command.isEmpty || command == ["-"] {
            var isRefused = false
            while let line = readLine() {
                if !line.isEmpty { isRefused = try send(Self.withPayload(line), to: path) }
            }
            if isRefused { throw Exit.no }
        } else if try send(command.joined(separator: " "), to: path) {
            throw Exit.no
        }
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

    /// Responses of commands that wait for an end which was none.
    private static let failures = ["Reload refused: ", "Takeover failed: "]

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

    /// Prints the answer; true: it was a "no".
    private func send(_ line: String, to path: String) throws -> Bool {
        let answer: String
        do throws(RuntimeSocketClient.Failure) {
            answer = try RuntimeSocketClient.ask(path, line)
        } catch {
            Output.error("error: \(path): \(error.text)")
            throw Exit.failed
        }
        if Self.failures.contains(where: answer.hasPrefix) {
            Output.error(answer)
            throw Exit.failed
        }
        if !answer.isEmpty { Output.out(answer) }
        let refusals = ["Permission denied", "Unknown command", "No such ", "Require", "Can't "]
        return refusals.contains { answer.hasPrefix($0) }
    }
}
