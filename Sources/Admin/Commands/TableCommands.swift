import Settings

/// Stick tables: `show table`, `set table`, `clear table`. A pool's table has the pool's name; keys are certnames or addresses, and the one
/// thing kept with a key is its server.
enum TableCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature
    typealias Input = AdminCommands.CommandInput
    typealias Result = AdminCommands.CommandResult

    static let all: [Command] = [
        Command(Signature("show table", [.optional([.value("table"), key])], "stick tables, or the entries of one"), show),
        Command(
            Signature(
                "set table", [.value("table"), .value("key"), .value("key"), .value("data.server_key"), .value("srv")],
                "stick a key to a server", level: .operator), set),
        Command(Signature("clear table", [.value("table"), key], "remove entries", level: .operator), clear),
    ]

    /// The word is checked by each command, in HAProxy's text.
    private static let key = Argument.optional([.value("key"), .value("key")])

    private static let required =
        "Required arguments: <table> \"data.<store_data_type>\" <operator> <value> or <table> key <key> or <table> ptr <ptr>\n"
    /// Entries shown of one table.
    private static let limit = 1 << 18

    private static func stuck(_ input: Input) -> [PoolReport] { input.host.report().pools.filter { $0.settings.stick != nil } }

    private static func head(_ pool: PoolReport, used: Int) -> String {
        "# table: \(pool.name), type: \(pool.settings.stick?.on == .source ? "ip" : "string"), size:\(pool.settings.stick?.size ?? 0), used:\(used)\n"
    }

    @Sendable private static func show(_ input: Input) -> Result {
        let pools = stuck(input)
        guard let name = input.words.first else { return .text(pools.map { head($0, used: $0.sticks) }.joined()) }
        guard let pool = pools.first(where: { $0.name == name }) else { return .refused("No such table\n") }
        var wanted: String?
        if input.words.count > 1 {
            guard input.words[1] == "key" else { return .refused(required) }
            guard input.words.count > 2 else { return .refused("Key value expected\n") }
            wanted = input.words[2]
        }
        guard let sticks = input.host.sticks(of: name, key: wanted, limit: limit) else { return .refused("No such table\n") }
        var text = head(pool, used: pool.sticks)
        for (number, stick) in sticks.enumerated() {
            text +=
                "0x\(String(number + 1, radix: 16)): key=\(stick.key.asWord) use=0 exp=\(stick.remaining) shard=0 "
                + "server_id=\(stick.serverNumber) server_key=\(stick.server)\n"
        }
        return .text(text)
    }

    @Sendable private static func set(_ input: Input) -> Result {
        guard let name = input.words.first else { return .refused(required) }
        guard let pool = stuck(input).first(where: { $0.name == name }) else { return .refused("No such table\n") }
        guard input.words.dropFirst().first == "key" else { return .refused(required) }
        guard input.words.count > 2 else { return .refused("Key value expected\n") }
        guard input.words.count == 5 else { return .refused("Data type not stored in this table\n") }
        switch input.words[3] {
        case "data.server_key":
            guard pool.servers.contains(where: { $0.state.name == input.words[4] }) else { return .refused("No such server.\n") }
            return .perform([.setStick(pool: name, key: input.words[2], server: input.words[4])])
        case "data.server_id":
            guard let number = Int(input.words[4]), number > 0, number <= pool.servers.count else { return .refused("No such server.\n") }
            return .perform([.setStick(pool: name, key: input.words[2], server: pool.servers[number - 1].state.name)])
        default:
            return .refused(
                input.words[3].hasPrefix("data.")
                    ? "Data type not stored in this table\n" : "\"data.<type>\" followed by a value expected\n")
        }
    }

    @Sendable private static func clear(_ input: Input) -> Result {
        guard let name = input.words.first else { return .refused(required) }
        guard stuck(input).contains(where: { $0.name == name }) else { return .refused("No such table\n") }
        guard input.words.count > 1 else { return .perform([.clearSticks(pool: name, key: nil)]) }
        guard input.words[1] == "key" else { return .refused(required) }
        guard input.words.count > 2 else { return .refused("Key value expected\n") }
        return .perform([.clearSticks(pool: name, key: input.words[2])])
    }
}
