/// Commands about the service as a whole.
enum ServiceCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature

    static let all: [Command] = [
        Command(Signature("clear counters", [], "forget maxima", level: .operator)) { _ in .perform([.clearCounters(all: false)]) },
        Command(Signature("clear counters all", [], "begin to count again", level: .admin)) { _ in
            .perform([.clearCounters(all: true)])
        },
        Command(Signature("takeover", [], "start the program again to take over, as SIGUSR2", level: .admin)) { _ in
            .ask(.takeover) { finding in
                switch finding {
                case .takenOver(let pid): .done("Taken over" + (pid.map { " by process \($0)" } ?? "") + ".\n")
                case .outcome(.refused(let reason)): AdminReply(.failed, "Takeover failed: this instance continues.\n\(reason)\n")
                case .outcome(.done), .sessions, .reload: .done()
                }
            }
        },
        Command(
            Signature("drain process", [], "finish what runs and stop, as SIGTERM (a server: set server … state drain)", level: .admin),
            drain),
        Command(Signature("drain", [], "the same", level: .admin), drain),
    ]

    @Sendable private static func drain(_: AdminCommands.CommandInput) -> AdminCommands.CommandResult {
        .perform([.drain], saying: "Draining.")
    }
}
