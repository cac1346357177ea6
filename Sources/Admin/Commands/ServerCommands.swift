import Balancing
import Model

/// Commands about one server, and limits on connections. HAProxy's texts, letter by letter: scripts compare them. `set server` is in
/// `SetServerCommands`.
enum ServerCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature
    typealias Input = AdminCommands.CommandInput
    typealias Result = AdminCommands.CommandResult

    static let all: [Command] = [
        Command(Signature("get weight", [name], "a server's weight")) { input in
            onServer(input) { server, _ in
                .text("\((server.state.effectiveWeight + 255) / 256) (initial \(server.state.settings.weight))\n")
            }
        },
        Command(Signature("set weight", [name, .value("weight[%]")], "change a server's weight", level: .admin)) { input in
            onServer(input) { _, name in setWeight(name, input.words.dropFirst().first) }
        },
        change("enable server", "ready") { .setState($0, .ready) },
        change("disable server", "maint") { .setState($0, .maint) },
        change(
            "enable health", "check it again", unless: { $0.state.health.check == nil ? "Health check was" : nil },
            { .setChecks($0, isEnabled: true) }),
        change("disable health", "stop checking it") { .setChecks($0, isEnabled: false) },
        change(
            "enable agent", "query its agent again", unless: { $0.state.settings.agentCheck == nil ? "Agent was" : nil },
            { .setAgentChecks($0, isEnabled: true) }),
        change("disable agent", "stop querying its agent") { .setAgentChecks($0, isEnabled: false) },
        change("shutdown sessions server", "close what is connected to it") { .shutdownSessions($0) },
        Command(Signature("set maxconn server", [name, .value("n")], "limit its requests at a time", level: .admin)) { input in
            onServer(input) { _, name in
                guard let text = input.words.dropFirst().first else { return .refused("Require <maxconn>.\n") }
                guard let limit = Int(text) else { return .refused(garbage(text, "maxconn")) }
                guard (0...1_000_000).contains(limit) else { return .refused("Value out of range.\n") }
                return .perform([.setMaxconn(name, limit)])
            }
        },
        Command(Signature("set maxconn global", [.value("n")], "limit all connections of agents", level: .admin)) { input in
            guard let text = input.words.first, let limit = Int(text) else { return .refused("Expects an integer value.\n") }
            guard limit > 0 else { return .refused("Value out of range.\n") }
            return .perform([.setProcessMaxconn(limit)])
        },
        Command(
            Signature(
                "add server", [name, .value("addr:port"), .rest("[weight <n>] [maxconn <n>] [backup] [check] [site <site>]")],
                "add one, in maint", level: .admin), addServer),
        Command(Signature("del server", [name], "remove one that was added", level: .admin)) { input in
            onServer(input) { _, name in .perform([.removeServer(name)], saying: "Server deleted.") }
        },
    ]

    /// How commands name a server.
    static let name = Argument.value("bk>/<srv")

    // MARK: Shapes

    static func onServer(_ input: Input, _ body: (ServerReport, AdminAction.ServerName) -> Result) -> Result {
        do throws(Input.Fault) {
            let (server, name) = try input.server(input.words.first)
            return body(server, name)
        } catch {
            switch error {
            case .text(let text): return .refused(text)
            }
        }
    }

    /// - Parameter unless: what is not configured, so that there is nothing to enable
    private static func change(
        _ words: String, _ summary: String, unless: @escaping @Sendable (ServerReport) -> String? = { _ in nil },
        _ action: @escaping @Sendable (AdminAction.ServerName) -> AdminAction
    ) -> Command {
        Command(Signature(words, [name], summary, level: .admin)) { input in
            onServer(input) { server, name in
                if let missing = unless(server) { return .refused("\(missing) not configured on this server, cannot enable.\n") }
                return .perform([action(name)])
            }
        }
    }

    // MARK: Values

    static func setWeight(_ name: AdminAction.ServerName, _ value: String?) -> Result {
        guard let value, !value.isEmpty else { return .refused("Require <weight> or <weight%>.\n") }
        if value.hasSuffix("%") {
            guard let percent = Int(value.dropLast()) else { return .refused(garbage(value, "weight")) }
            guard percent >= 0 else { return .refused("Relative weight must be positive.\n") }
            return .perform([.setWeight(name, .percent(min(percent, 25_600)))])
        }
        guard let weight = Int(value) else { return .refused(garbage(value, "weight")) }
        guard (0...256).contains(weight) else { return .refused("Absolute weight can only be between 0 and 256 inclusive.\n") }
        return .perform([.setWeight(name, .absolute(weight))])
    }

    /// HAProxy's text for a number that strtol does not parse whole, without a line end as there.
    private static func garbage(_ text: String, _ what: String) -> String {
        if text.first?.isASCII == true, text.first?.isNumber == true { return "Trailing garbage in \(what) string" }
        return what == "weight" ? "Empty weight string empty or preceded by garbage" : "\(what) string empty or preceded by garbage"
    }

    // MARK: add server

    private static func isInName(_ scalar: Unicode.Scalar) -> Bool {
        UInt8(exactly: scalar.value).map { ASCII.isWord($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x3A } ?? false
    }

    @Sendable private static func addServer(_ input: Input) -> Result {
        guard let text = input.words.first, let slash = text.firstIndex(of: "/") else { return .refused("Require 'backend/server'.\n") }
        let name = AdminAction.ServerName(pool: String(text[..<slash]), server: String(text[text.index(after: slash)...]))
        guard !name.server.isEmpty else { return .refused("Require 'backend/server'.\n") }
        // As in the file: names go into commands, columns and the state file.
        if let wrong = name.server.unicodeScalars.first(where: { !isInName($0) }) {
            return .refused("character '\(wrong)' is not permitted in server name '\(name.server)'.\n")
        }
        guard name.server.utf8.count <= 200 else { return .refused("a server's name has at most 200 characters.\n") }
        guard let pool = input.host.pool(name.pool) else { return .refused("No such backend.\n") }
        guard !pool.servers.contains(where: { $0.state.name == name.server }) else {
            return .refused("Already exists a server with the same name in backend.\n")
        }
        guard let address = input.words.dropFirst().first else {
            return .refused("'server' expects <name> and <addr>[:<port>] as arguments.\n")
        }
        var options: [String: String] = [:]
        var words = Array(input.words.dropFirst(2))
        while !words.isEmpty {
            let key = words.removeFirst()
            switch key {
            case "backup", "check": options[key] = ""
            case "weight", "maxconn", "site":
                guard !words.isEmpty else { return .refused("'\(key)' expects a value.\n") }
                options[key] = words.removeFirst()
            default: return .refused("unknown keyword '\(key)'.\n")
            }
        }
        return .perform([.addServer(name, address: address, options: options)], saying: "New server registered.")
    }
}
