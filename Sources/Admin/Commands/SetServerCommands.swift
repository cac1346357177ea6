import Balancing
import Model

/// `set server`: state, weight, address and health of one. HAProxy's texts, letter by letter.
enum SetServerCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature
    typealias Input = AdminCommands.CommandInput
    typealias Result = AdminCommands.CommandResult

    static let all: [Command] = [
        Command(
            Signature(
                "set server",
                [
                    ServerCommands.name,
                    .oneOf([
                        [.keyword("addr"), .value("ip"), .optional([.keyword("port"), .value("port")])],
                        [.keyword("state"), .value("ready|drain|maint")], [.keyword("health"), .value("up|stopping|down")],
                        [.keyword("agent"), .value("up|down")], [.keyword("weight"), .value("weight[%]")],
                    ]),
                ], "change a server", level: .admin), set)
    ]

    @Sendable private static func set(_ input: Input) -> Result {
        ServerCommands.onServer(input) { server, name in
            let value = input.words.dropFirst(2).first ?? ""
            switch input.words.dropFirst().first {
            case "weight": return ServerCommands.setWeight(name, value)
            case "state":
                guard let state = AdminState(rawValue: value) else {
                    return .refused("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n")
                }
                return .perform([.setState(name, state)])
            case "health":
                switch value {
                case "up": return .perform([.setHealth(name, isUp: true)])
                case "stopping": return .perform([.setState(name, .drain)])
                case "down": return .perform([.setHealth(name, isUp: false)])
                default: return .refused("'set server <srv> health' expects 'up', 'stopping', or 'down'.\n")
                }
            case "agent":
                guard server.state.settings.agentCheck != nil else { return .refused("agent checks are not enabled on this server.\n") }
                guard value == "up" || value == "down" else { return .refused("'set server <srv> agent' expects 'up' or 'down'.\n") }
                return .perform([.setAgentHealth(name, isUp: value == "up")])
            case "addr": return setAddress(input, server, name)
            default: return .refused("usage: set server <backend>/<server> addr | agent | health | state | weight\n")
            }
        }
    }

    private static func setAddress(_ input: Input, _ server: ServerReport, _ name: AdminAction.ServerName) -> Result {
        let words = Array(input.words.dropFirst(2))
        guard let host = words.first else { return .refused("set server <b>/<s> addr requires an address and optionally a port.\n") }
        let by = " by 'stats socket command'"
        guard let wanted = IPAddress(host) else { return .refused("Invalid addr '\(host)'\(by)\n") }
        let (oldHost, oldPort) = server.place
        let moves = IPAddress(oldHost) != wanted
        var text = moves ? "IP changed from '\(oldHost)' to '\(host)'" : "no need to change the addr"
        var port: UInt16?
        if words.count > 1 {
            let given = words.count > 2 ? words[2] : ""
            guard let number = UInt16(given), number > 0 else { return .refused("problem converting port '\(given)' to an int\(by)\n") }
            let isSame = given == oldPort
            text += isSame ? ", no need to change the port" : ", port changed from '\(oldPort)' to '\(given)'"
            if !isSame { port = number }
        }
        guard moves || port != nil else { return .text("\(text)\(by)\n") }
        return .perform([.setAddress(name, host: host, port: port)], saying: text + by)
    }
}
