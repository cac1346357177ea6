/// The commands of the runtime socket: which words, who may, what they do. HAProxy's names and texts (management guide, section 9.3);
/// `show routes`, `show environments`, `show certnames`, `show queue`, `show events`, `explain`, `reload` and `drain` are puppetfront's own.
enum AdminCommands {
    /// How a command is written, and who may give it.
    struct Signature: Sendable {
        let words: [String]
        let arguments: [Argument]
        /// Half a line for `help`.
        let summary: String
        let level: AdminLevel

        init(_ words: String, _ arguments: [Argument] = [], _ summary: String, level: AdminLevel = .user) {
            self.words = words.split(separator: " ").map(String.init)
            self.arguments = arguments
            self.summary = summary
            self.level = level
        }

        /// A line of `help`.
        var usage: String {
            let form = (words + [Argument.usage(arguments)]).filter { !$0.isEmpty }.joined(separator: " ")
            return "  \(form)\(String(repeating: " ", count: max(1, 40 - form.count))): \(summary)\n"
        }
    }

    struct Command: Sendable {
        let signature: Signature
        let run: @Sendable (CommandInput) -> CommandResult

        init(_ signature: Signature, _ run: @escaping @Sendable (CommandInput) -> CommandResult) {
            self.signature = signature
            self.run = run
        }
    }

    /// What a command is given: the words after its name, the payload, and the service.
    struct CommandInput {
        let words: [String]
        let payload: [UInt8]?
        let host: any AdminHost
    }

    /// What comes of it: a reply, or a change that the host shall make first.
    enum CommandResult {
        case reply(AdminReply)
        /// Done, with this text.
        case text(String)
        /// Nothing was done; the text as it goes out.
        case refused(String)
        /// - Parameter saying: a line without its end, for when all is done
        case perform([AdminAction], saying: String = "")
        /// The service finds the result later; the closure turns it into the reply.
        case ask(AdminInquiry, @Sendable (AdminFinding) -> AdminReply)
    }

    /// What `run` comes to.
    enum Outcome {
        case reply(AdminReply)
        case later(AdminInquiry, @Sendable (AdminFinding) -> AdminReply)
    }

    static let all: [Command] =
        StatCommands.all + ServerCommands.all + SetServerCommands.all + FrontendCommands.all + SessionCommands.all + TableCommands.all
        + MaterialCommands.all + ShowCommands.all + FailureCommands.all + QueueCommands.all + PuppetCommands.all + ReloadCommands.all
        + ServiceCommands.all + PeersCommand.all + AnycastCommands.all

    private static let signatures: [Signature] = all.map(\.signature) + ConversationCommands.all

    /// The signature that the words are written after; or why there is none, or more than it takes.
    static func signature(of words: [String], level: AdminLevel) -> Result<Signature, AdminReply> {
        guard let first = words.first else {
            return .failure(.refused("Unknown command. Please enter one of the following commands only:\n" + help([], level)))
        }
        guard let found = signatures.filter({ words.starts(with: $0.words) }).max(by: { $0.words.count < $1.words.count }) else {
            let near = signatures.filter { $0.words[0] == first && $0.level <= level }
            let what = "Unknown command: '\(first)'"
            return .failure(
                .refused(
                    near.isEmpty
                        ? what + ". Please enter one of the following commands only:\n" + help([], level)
                        : what + ", but maybe one of the following ones is a better match:\n" + near.map(\.usage).joined()))
        }
        guard level >= found.level else { return .failure(.refused("Permission denied\n")) }
        let given = words.dropFirst(found.words.count)
        if let surplus = Argument.rest(of: given, after: found.arguments).first {
            return .failure(.refused("Unexpected '\(surplus)': nothing was done. The command is:\n" + found.usage))
        }
        return .success(found)
    }

    /// - Parameter words: of a signature that `signature(of:level:)` gave
    static func run(_ signature: Signature, _ words: [String], payload: [UInt8]?, host: inout some AdminHost) -> Outcome {
        guard let command = all.first(where: { $0.signature.words == signature.words }) else { return .reply(.done()) }
        let input = CommandInput(words: Array(words.dropFirst(signature.words.count)), payload: payload, host: host)
        switch command.run(input) {
        case .reply(let reply): return .reply(reply)
        case .text(let text): return .reply(.done(text))
        case .refused(let text): return .reply(.refused(text))
        case .perform(let actions, let text):
            for action in actions {
                if case .refused(let reason) = host.perform(action) { return .reply(.refused(reason + "\n")) }
            }
            return .reply(.done(text.isEmpty ? "" : text + "\n"))
        case .ask(let inquiry, let finish): return .later(inquiry, finish)
        }
    }

    /// The usages of commands that begin with these words, of all where there are none.
    static func help(_ words: [String], _ level: AdminLevel) -> String {
        signatures.filter { $0.level <= level && $0.words.starts(with: words) }.map(\.usage).joined()
    }
}

extension AdminReply: Error {}

extension AdminCommands.CommandInput {
    enum Fault: Error { case text(String) }

    /// `POOL/SERVER`, known to the service. HAProxy's texts.
    func server(_ text: String?) throws(Fault) -> (server: ServerReport, name: AdminAction.ServerName) {
        guard let text, let slash = text.firstIndex(of: "/") else { throw .text("Require 'backend/server'.\n") }
        let name = AdminAction.ServerName(pool: String(text[..<slash]), server: String(text[text.index(after: slash)...]))
        guard let pool = host.pool(name.pool) else { throw .text("No such backend.\n") }
        guard let server = pool.servers.first(where: { $0.state.name == name.server }) else { throw .text("No such server.\n") }
        return (server, name)
    }
}
