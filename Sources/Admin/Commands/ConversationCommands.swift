/// Commands about the conversation itself, which `AdminShell` carries out.
enum ConversationCommands {
    typealias Signature = AdminCommands.Signature

    static let all: [Signature] = [
        Signature("help", [.rest("[<command>]")], "all commands, or those that begin so"),
        Signature("prompt", [.optional([.value("i|n|p|timed")])], "go on after each reply"),
        Signature("quit", [], "end the conversation"),
        Signature("show cli level", [], "what this conversation may do"),
        Signature("user", [], "lower that"),
        Signature("operator", [], "lower that"),
        Signature("set timeout cli", [.value("delay")], "accepted, without effect"),
        Signature("set severity-output", [.value("none|number|string")], "accepted, without effect"),
    ]
}
