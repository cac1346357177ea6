/// Commands about the service as a whole.
enum ServiceCommands {
    typealias Command = AdminCommands.Command

    static let all: [Command] = [
        Command(words: ["clear", "counters"], usage: "clear counters                          : forget maxima", level: .operator) { _ in
            .perform([.clearCounters(all: false)])
        },
        Command(words: ["clear", "counters", "all"], usage: "clear counters all                      : begin to count anew", level: .admin)
        { _ in
            .perform([.clearCounters(all: true)])
        },
        Command(
            words: ["explain"],
            usage: "explain <method> <path> [options]       : which rule takes a request where, as `puppetfront explain`"
        ) { input in
            guard !input.words.isEmpty else {
                return .text("usage: explain METHOD PATH [--certname NAME] [--source ADDRESS] [--trusted KEY=VALUE]…\n")
            }
            return .text(input.host.explain(input.words))
        },
        Command(
            words: ["takeover"], usage: "takeover                                : start the program again to take over, as SIGUSR2",
            level: .admin
        ) { _ in
            .ask(.takeover) { finding in
                switch finding {
                case .takenOver(let pid): "Taken over" + (pid.map { " by process \($0)" } ?? "") + ".\n"
                case .outcome(.refused(let reason)): "Takeover failed: this instance continues.\n\(reason)\n"
                case .outcome(.done), .sessions, .reload: ""
                }
            }
        },
        Command(words: ["drain"], usage: "drain                                   : end in peace, as SIGTERM", level: .admin) { _ in
            .performSaying([.drain], "Draining.")
        },
    ]
}
