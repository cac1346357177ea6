import Model

/// What can be looked at beside `show stat` and `show table`.
enum ShowCommands {
    typealias Command = AdminCommands.Command
    typealias Input = AdminCommands.CommandInput

    static let all: [Command] = [
        text(["show", "info"], "[typed|json] [desc]", "the process") { InfoText.make($0.host.report(), $0.words) },
        text(["show", "servers", "state"], "[<backend>]", "servers, for a later start", servers),
        text(["show", "servers", "conn"], "[<backend>]", "connections to servers", connections),
        text(["show", "backend"], "", "names of pools") { "# name\n" + $0.host.report().pools.map { $0.name + "\n" }.joined() },
        text(["show", "errors"], "", "requests that failed lately", failures),
        text(["show", "events"], "", "recent changes of servers, pools and configuration, and refusals", events),
        text(["show", "version"], "", "the version") { $0.host.report().process.version + "\n" },
        text(["show", "env"], "", "nothing of the environment is shown, since secrets may be in it", level: .operator) { _ in "" },
        text(["show", "routes"], "", "rules in the order they are tried") { input in
            input.host.report().routes.map { "\($0.name) -> \($0.pool) requests=\($0.requests) \($0.conditions)\n" }.joined()
        },
        text(["show", "environments"], "", "requests by environment", environments),
        text(["show", "certnames"], "[<glob>]", "each agent's last run", certnames),
    ]

    private static func text(
        _ words: [String], _ arguments: String, _ what: String, level: AdminLevel = .user,
        _ make: @escaping @Sendable (Input) -> String
    ) -> Command {
        let head = (words + [arguments]).filter { !$0.isEmpty }.joined(separator: " ")
        let usage = head + String(repeating: " ", count: max(1, 40 - head.count)) + ": \(what)"
        return Command(words: words, usage: usage, level: level) { .text(make($0)) }
    }

    // MARK: HAProxy's

    @Sendable private static func servers(_ input: Input) -> String {
        let report = input.host.report()
        if let name = input.words.first, !report.pools.contains(where: { $0.name == name }) { return "Can't find backend.\n" }
        return ServersState.text(report, pool: input.words.first)
    }

    @Sendable private static func connections(_ input: Input) -> String {
        var text =
            "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[]\n"
        let report = input.host.report()
        if let name = input.words.first, !report.pools.contains(where: { $0.name == name }) { return "Can't find backend.\n" }
        // Numbered as in `show stat`.
        for (number, pool) in report.pools.enumerated() where input.words.first.map({ $0 == pool.name }) ?? true {
            for (index, server) in pool.servers.enumerated() {
                text +=
                    "\(pool.name)/\(server.state.name) \(report.listeners.count + number + 1)/\(index + 1) \(server.place.host) "
                    + "\(server.place.port) - 0 \(server.state.inUse) \(server.maximumInUse) 0 0 \(server.idleConnections) "
                    + "-1 \(server.idleConnections)\n"
            }
        }
        return text
    }

    /// The youngest first.
    @Sendable private static func events(_ input: Input) -> String {
        let report = input.host.report()
        let refusals = report.failures.map { failure in
            EventReport(
                time: failure.time,
                text:
                    "\(failure.reason.rawValue) id=\(failure.id) client=\(failure.client.asWord) src=\(failure.source) endpoint=\(failure.endpoint.asWord) "
                    + "certname=\(failure.certname.asWord) pool=\(failure.pool.asWord) server=\(failure.server.asWord)")
        }
        let all = (report.events + refusals).enumerated().sorted { ($1.element.time, $0.offset) < ($0.element.time, $1.offset) }
        return all.map { "[\(Timestamps.text($0.element.time))] \($0.element.text)\n" }.joined()
    }

    @Sendable private static func failures(_ input: Input) -> String {
        let report = input.host.report()
        let head = "Total events captured on [\(Timestamps.text(report.process.now))] : \(report.failures.count)\n"
        return head
            + report.failures.map { failure in
                "\n[\(Timestamps.text(failure.time))] \(failure.reason.rawValue) status=\(failure.status.map(String.init) ?? "-") "
                    + "id=\(failure.id) listener=\(failure.listener) src=\(failure.source) client=\(failure.client.asWord) "
                    + "endpoint=\(failure.endpoint.asWord) certname=\(failure.certname.asWord) environment=\(failure.environment.asWord) "
                    + "pool=\(failure.pool.asWord) server=\(failure.server.asWord) target=\(JSONString.text(failure.target))\n"
            }.joined()
    }

    // MARK: Puppet's

    @Sendable private static func environments(_ input: Input) -> String {
        "# name pool requests 2xx 3xx 4xx 5xx failed\n"
            + input.host.report().environments.map { environment in
                let traffic = environment.traffic
                let failed = traffic.refused + traffic.connectErrors + traffic.responseErrors + traffic.serverAborts
                return "\(environment.name) \((environment.pool ?? "").asWord) \(traffic.requests) \(traffic.statuses[2]) "
                    + "\(traffic.statuses[3]) \(traffic.statuses[4]) \(traffic.statuses[5]) \(failed)\n"
            }.joined()
    }

    @Sendable private static func certnames(_ input: Input) -> String {
        let report = input.host.report()
        let wanted = input.words.first
        return "# certname last_request last_catalog catalog_ms status environment pool server last_report requests agent transaction\n"
            + report.certnames.filter { run in wanted.map { Glob.matches(run.certname, $0) } ?? true }.map { run in
                [
                    run.certname.asWord, Timestamps.text(run.lastRequest), run.lastCatalog.map(Timestamps.text) ?? "-",
                    run.catalogMilliseconds.map(String.init) ?? "-", "\(run.status)", run.environment.asWord, run.pool.asWord,
                    run.server.asWord, run.lastReport.map(Timestamps.text) ?? "-", "\(run.requests)", run.agentVersion.asWord,
                    run.transaction.asWord,
                ].joined(separator: " ") + "\n"
            }.joined()
    }
}

extension String {
    /// One word of a line: `-` where there is nothing; blanks, control characters and backslashes as `\x20`, since certnames, versions and
    /// transactions are whatever an agent says.
    var asWord: String {
        if isEmpty { return "-" }
        if utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) { return self }
        return unicodeScalars.reduce(into: "") { word, scalar in
            let isPlain = !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control && scalar != "\\"
            word += isPlain ? String(scalar) : "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        }
    }
}
