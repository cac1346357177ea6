/// The commands of the runtime socket: which words, who may, what they do. HAProxy's names and texts (management guide, section 9.3);
/// `show routes`, `show environments`, `show certnames`, `show events`, `explain`, `reload` and `drain` are puppetfront's own.
enum AdminCommands {
    struct Command: Sendable {
        let words: [String]
        let usage: String
        var level = AdminLevel.user
        let run: @Sendable (CommandInput) -> CommandResult
    }

    /// What a command is given: its words behind its name, the payload, and the service as it stands.
    struct CommandInput {
        let words: [String]
        let payload: [UInt8]?
        let host: any AdminHost
    }

    /// What comes of it: text, or a change that the host shall make first.
    enum CommandResult {
        case text(String)
        case perform([AdminAction])
        case performSaying([AdminAction], String)
        /// The service finds the answer later; the closure makes the text of it.
        case ask(AdminInquiry, @Sendable (AdminFinding) -> String)
    }

    /// What `run` comes to.
    enum Answer {
        /// With its line end, empty where there is nothing to say.
        case text(String)
        case later(AdminInquiry, @Sendable (AdminFinding) -> String)
    }

    static let all: [Command] =
        StatCommands.all + ServerCommands.all + FrontendCommands.all + SessionCommands.all + TableCommands.all + MaterialCommands.all
        + ShowCommands.all + ReloadCommands.all + ServiceCommands.all

    static func run(_ words: [String], payload: [UInt8]?, level: AdminLevel, host: inout some AdminHost) -> Answer {
        guard let first = words.first else {
            return .text("Unknown command. Please enter one of the following commands only:\n" + usages(level))
        }
        if first == "help" { return .text("The following commands are valid at this level:\n" + usages(level)) }
        guard let command = all.filter({ words.starts(with: $0.words) }).max(by: { $0.words.count < $1.words.count }) else {
            let near = all.filter { $0.words[0] == first && $0.level <= level }
            if near.isEmpty {
                return .text("Unknown command: '\(first)'. Please enter one of the following commands only:\n" + usages(level))
            }
            return .text("Unknown command: '\(first)', but maybe one of the following ones is a better match:\n" + lines(near))
        }
        guard level >= command.level else { return .text("Permission denied\n") }
        switch command.run(CommandInput(words: Array(words.dropFirst(command.words.count)), payload: payload, host: host)) {
        case .text(let text): return .text(text)
        case .perform(let actions): return .text(perform(actions, &host) ?? "")
        case .performSaying(let actions, let text): return .text(perform(actions, &host) ?? text + "\n")
        case .ask(let inquiry, let finish): return .later(inquiry, finish)
        }
    }

    private static func perform(_ actions: [AdminAction], _ host: inout some AdminHost) -> String? {
        for action in actions {
            if case .refused(let text) = host.perform(action) { return text + "\n" }
        }
        return nil
    }

    private static func usages(_ level: AdminLevel) -> String {
        let own = [
            "help                                    : this list", "prompt [i|n|p|timed]                    : go on after each answer",
            "quit                                    : end the conversation",
            "show cli level                          : what this conversation may do",
            "user, operator                          : lower that",
        ]
        return lines(all.filter { $0.level <= level }) + own.map { "  \($0)\n" }.joined()
    }

    private static func lines(_ commands: [Command]) -> String { commands.map { "  \($0.usage)\n" }.joined() }
}

extension AdminCommands.CommandInput {
    enum Fault: Error { case text(String) }

    /// `POOL/SERVER`, known to the service. HAProxy's texts.
    func server(_ text: String?) throws(Fault) -> (pool: PoolReport, server: ServerReport, name: AdminAction.ServerName) {
        guard let text, let slash = text.firstIndex(of: "/") else { throw .text("Require 'backend/server'.\n") }
        let name = AdminAction.ServerName(pool: String(text[..<slash]), server: String(text[text.index(after: slash)...]))
        guard let pool = host.pool(name.pool) else { throw .text("No such backend.\n") }
        guard let server = pool.servers.first(where: { $0.state.name == name.server }) else { throw .text("No such server.\n") }
        return (pool, server, name)
    }
}
