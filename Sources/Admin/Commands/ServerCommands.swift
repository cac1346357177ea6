import Balancing
import Model

/// Commands about one server, and the limit on connections. HAProxy's texts, letter by letter: scripts compare them.
enum ServerCommands {
    typealias Command = AdminCommands.Command
    typealias Input = AdminCommands.CommandInput
    typealias Result = AdminCommands.CommandResult

    static let all: [Command] = [
        Command(words: ["get", "weight"], usage: "get weight <bk>/<srv>                   : a server's weight") { input in
            answer(input) { server in
                .text("\((server.state.effectiveWeight + 255) / 256) (initial \(server.state.settings.weight))\n")
            }
        },
        Command(words: ["set", "weight"], usage: "set weight <bk>/<srv> <weight>[%]       : change a server's weight", level: .admin) {
            setWeight($0, $0.words.first, $0.words.dropFirst().first)
        },
        change(["enable", "server"], "ready") { .setState($0, .ready) },
        change(["disable", "server"], "maint") { .setState($0, .maint) },
        change(
            ["enable", "health"], "check it again", unless: { $0.state.health.check == nil ? "Health check was" : nil },
            { .setChecks($0, isEnabled: true) }),
        change(["disable", "health"], "stop checking it") { .setChecks($0, isEnabled: false) },
        change(
            ["enable", "agent"], "ask its agent again", unless: { $0.state.settings.agentCheck == nil ? "Agent was" : nil },
            { .setAgentChecks($0, isEnabled: true) }),
        change(["disable", "agent"], "stop asking its agent") { .setAgentChecks($0, isEnabled: false) },
        change(["shutdown", "sessions", "server"], "close what is connected to it") { .shutdownSessions($0) },
        Command(
            words: ["set", "server"], usage: "set server <bk>/<srv> [state|weight|addr|health|agent] <value>", level: .admin, run: setServer
        ),
        Command(words: ["set", "maxconn", "server"], usage: "set maxconn server <bk>/<srv> <n>", level: .admin) { input in
            answer(input) { _, name in
                guard let text = input.words.dropFirst().first else { return .text("Require <maxconn>.\n") }
                guard let limit = Int(text) else { return .text(garbage(text, "maxconn")) }
                guard (0...1_000_000).contains(limit) else { return .text("Value out of range.\n") }
                return .perform([.setMaxconn(name, limit)])
            }
        },
        Command(words: ["set", "maxconn", "global"], usage: "set maxconn global <n>", level: .admin) { input in
            guard let text = input.words.first, let limit = Int(text) else { return .text("Expects an integer value.\n") }
            guard limit > 0 else { return .text("Value out of range.\n") }
            return .perform([.setProcessMaxconn(limit)])
        },
        Command(
            words: ["add", "server"], usage: "add server <bk>/<srv> <addr:port> [weight N] [maxconn N] [backup] [site S]", level: .admin,
            run: addServer),
        Command(words: ["del", "server"], usage: "del server <bk>/<srv>                   : forget a server that was added", level: .admin)
        { input in
            answer(input) { _, name in .performSaying([.removeServer(name)], "Server deleted.") }
        },
    ]

    // MARK: Shapes

    private static func answer(_ input: Input, _ body: (ServerReport) -> Result) -> Result { answer(input) { server, _ in body(server) } }

    private static func answer(_ input: Input, _ body: (ServerReport, AdminAction.ServerName) -> Result) -> Result {
        do throws(Input.Fault) {
            let (_, server, name) = try input.server(input.words.first)
            return body(server, name)
        } catch {
            switch error {
            case .text(let text): return .text(text)
            }
        }
    }

    /// - Parameter unless: what is not configured, so that there is nothing to enable
    private static func change(
        _ words: [String], _ what: String, unless: @escaping @Sendable (ServerReport) -> String? = { _ in nil },
        _ action: @escaping @Sendable (AdminAction.ServerName) -> AdminAction
    ) -> Command {
        let head = words.joined(separator: " ") + " <bk>/<srv>"
        let usage = head + String(repeating: " ", count: max(1, 40 - head.count)) + ": \(what)"
        return Command(words: words, usage: usage, level: .admin) { input in
            answer(input) { server, name in
                if let missing = unless(server) { return .text("\(missing) not configured on this server, cannot enable.\n") }
                return .perform([action(name)])
            }
        }
    }

    // MARK: Commands with values

    private static func setWeight(_ input: Input, _ server: String?, _ value: String?) -> Result {
        answer(Input(words: [server ?? ""], payload: nil, host: input.host)) { _, name in
            guard let value, !value.isEmpty else { return .text("Require <weight> or <weight%>.\n") }
            if value.hasSuffix("%") {
                guard let percent = Int(value.dropLast()) else { return .text(garbage(value, "weight")) }
                guard percent >= 0 else { return .text("Relative weight must be positive.\n") }
                return .perform([.setWeight(name, .percent(min(percent, 25_600)))])
            }
            guard let weight = Int(value) else { return .text(garbage(value, "weight")) }
            guard (0...256).contains(weight) else { return .text("Absolute weight can only be between 0 and 256 inclusive.\n") }
            return .perform([.setWeight(name, .absolute(weight))])
        }
    }

    /// What HAProxy says of a number that strtol does not take whole, without a line end as there.
    private static func garbage(_ text: String, _ what: String) -> String {
        if text.first?.isASCII == true, text.first?.isNumber == true { return "Trailing garbage in \(what) string" }
        return what == "weight" ? "Empty weight string empty or preceded by garbage" : "\(what) string empty or preceded by garbage"
    }

    @Sendable private static func setServer(_ input: Input) -> Result {
        answer(input) { server, name in
            let value = input.words.dropFirst(2).first ?? ""
            switch input.words.dropFirst().first {
            case "weight": return setWeight(input, input.words.first, value)
            case "state":
                guard let state = AdminState(rawValue: value) else {
                    return .text("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n")
                }
                return .perform([.setState(name, state)])
            case "health":
                switch value {
                case "up": return .perform([.setHealth(name, isUp: true)])
                case "stopping": return .perform([.setState(name, .drain)])
                case "down": return .perform([.setHealth(name, isUp: false)])
                default: return .text("'set server <srv> health' expects 'up', 'stopping', or 'down'.\n")
                }
            case "agent":
                guard server.state.settings.agentCheck != nil else { return .text("agent checks are not enabled on this server.\n") }
                guard value == "up" || value == "down" else { return .text("'set server <srv> agent' expects 'up' or 'down'.\n") }
                return .perform([.setAgentHealth(name, isUp: value == "up")])
            case "addr": return setAddress(input, server, name)
            default:
                return .text(
                    "usage: set server <backend>/<server> addr | agent | health | state | weight\n")
            }
        }
    }

    private static func setAddress(_ input: Input, _ server: ServerReport, _ name: AdminAction.ServerName) -> Result {
        let words = Array(input.words.dropFirst(2))
        guard let host = words.first else { return .text("set server <b>/<s> addr requires an address and optionally a port.\n") }
        let by = " by 'stats socket command'"
        guard let wanted = IPAddress(host) else { return .text("Invalid addr '\(host)'\(by)\n") }
        let (oldHost, oldPort) = server.place
        let moves = IPAddress(oldHost) != wanted
        var text = moves ? "IP changed from '\(oldHost)' to '\(host)'" : "no need to change the addr"
        var port: UInt16?
        if words.count > 1, words[1] == "port" {
            let given = words.count > 2 ? words[2] : ""
            guard let number = UInt16(given), number > 0 else { return .text("problem converting port '\(given)' to an int\(by)\n") }
            let isSame = given == oldPort
            text += isSame ? ", no need to change the port" : ", port changed from '\(oldPort)' to '\(given)'"
            if !isSame { port = number }
        }
        guard moves || port != nil else { return .text("\(text)\(by)\n") }
        return .performSaying([.setAddress(name, host: host, port: port)], text + by)
    }

    private static func isInName(_ scalar: Unicode.Scalar) -> Bool {
        UInt8(exactly: scalar.value).map { ASCII.isWord($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x3A } ?? false
    }

    @Sendable private static func addServer(_ input: Input) -> Result {
        guard let text = input.words.first, let slash = text.firstIndex(of: "/") else { return .text("Require 'backend/server'.\n") }
        let name = AdminAction.ServerName(pool: String(text[..<slash]), server: String(text[text.index(after: slash)...]))
        guard !name.server.isEmpty else { return .text("Require 'backend/server'.\n") }
        // As in the file: names stand in commands, columns and the state file.
        if let wrong = name.server.unicodeScalars.first(where: { !isInName($0) }) {
            return .text("character '\(wrong)' is not permitted in server name '\(name.server)'.\n")
        }
        guard name.server.utf8.count <= 200 else { return .text("a server's name has at most 200 characters.\n") }
        guard let pool = input.host.pool(name.pool) else { return .text("No such backend.\n") }
        guard !pool.servers.contains(where: { $0.state.name == name.server }) else {
            return .text("Already exists a server with the same name in backend.\n")
        }
        guard let address = input.words.dropFirst().first else {
            return .text("'server' expects <name> and <addr>[:<port>] as arguments.\n")
        }
        var options: [String: String] = [:]
        var words = Array(input.words.dropFirst(2))
        while !words.isEmpty {
            let key = words.removeFirst()
            switch key {
            case "backup", "check": options[key] = ""
            case "weight", "maxconn", "site":
                guard !words.isEmpty else { return .text("'\(key)' expects a value.\n") }
                options[key] = words.removeFirst()
            default: return .text("unknown keyword '\(key)'.\n")
            }
        }
        return .performSaying([.addServer(name, address: address, options: options)], "New server registered.")
    }
}
