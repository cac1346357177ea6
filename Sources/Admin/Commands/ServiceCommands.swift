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
                case .outcome(.done), .sessions, .reload, .drained: .done()
                }
            }
        },
        Command(
            Signature("drain process", [], "finish what runs and stop, as SIGTERM (a server: set server … state drain)", level: .admin),
            drain),
        Command(
            Signature(
                "drain process wait", [.optional([.integer("seconds")])], "the same, and report the end: at most so many seconds later",
                level: .admin),
            drainAndWait),
        Command(Signature("drain", [], "as drain process", level: .admin), drain),
    ]

    @Sendable private static func drain(_: AdminCommands.CommandInput) -> AdminCommands.CommandResult {
        .perform([.drain], saying: "Draining began: 'drain process wait' reports its end.")
    }

    @Sendable private static func drainAndWait(_ input: AdminCommands.CommandInput) -> AdminCommands.CommandResult {
        let seconds = input.words.first.flatMap { Int($0) }
        guard input.words.isEmpty || seconds.map({ (0...86_400).contains($0) }) == true else {
            return .refused("'drain process wait' expects nothing, or seconds from 0 to 86400.\n")
        }
        return .ask(.drain(seconds: seconds)) { finding in
            guard case .drained(let report) = finding else { return .done() }
            return ended(report)
        }
    }

    private static func ended(_ report: DrainReport) -> AdminReply {
        let left = "\(report.connections) connections, \(report.queuedRequests) queued requests"
        if !report.hasEnded { return AdminReply(.failed, "Not drained yet, and draining goes on: \(left).\n") }
        return report.connections == 0 ? .done("Drained.\n") : AdminReply(.failed, "Drained, and cut at the end: \(left).\n")
    }
}
