/// HAProxy's `show` commands but `show stat`, `show table`, `show sess` and `show ssl`.
enum ShowCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature
    typealias Input = AdminCommands.CommandInput
    typealias Result = AdminCommands.CommandResult

    static let all: [Command] = [
        Command(Signature("show info", [.flags(["typed", "json", "desc"])], "the process")) { input in
            .text(InfoText.make(input.host.report(), input.words))
        },
        Command(Signature("show servers state", [.optional([.value("backend")])], "servers, for a later start")) { input in
            onPool(input) { .text(ServersState.text($0, pool: input.words.first)) }
        },
        Command(Signature("show servers conn", [.optional([.value("backend")])], "connections to servers")) { input in
            onPool(input) { .text(connections($0, pool: input.words.first)) }
        },
        Command(Signature("show backend", [], "names of pools")) { input in
            .text("# name\n" + input.host.report().pools.map { $0.name + "\n" }.joined())
        },
        Command(Signature("show version", [], "the version")) { .text($0.host.report().process.version + "\n") },
        Command(
            Signature("show env", [.optional([.value("name")])], "always empty: the environment may hold secrets", level: .operator)
        ) { _ in .text("") },
    ]

    /// All pools, or the one that is named.
    private static func onPool(_ input: Input, _ body: (ServiceReport) -> Result) -> Result {
        let report = input.host.report()
        if let name = input.words.first, !report.pools.contains(where: { $0.name == name }) { return .refused("Can't find backend.\n") }
        return body(report)
    }

    private static func connections(_ report: ServiceReport, pool wanted: String?) -> String {
        var text =
            "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[]\n"
        // Numbered as in `show stat`.
        for (number, pool) in report.pools.enumerated() where wanted.map({ $0 == pool.name }) ?? true {
            for (index, server) in pool.servers.enumerated() {
                text +=
                    "\(pool.name)/\(server.state.name) \(report.listeners.count + number + 1)/\(index + 1) \(server.place.host) "
                    + "\(server.place.port) - 0 \(server.state.inUse) \(server.maximumInUse) 0 \(server.idleConnections) 0 "
                    + "-1 \(server.idleConnections)\n"
            }
        }
        return text
    }
}
