/// `reload`, whose reply is sent when the reload has ended, and `show reload`, how the last one ended. puppetfront's own.
enum ReloadCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature

    static let all: [Command] = [
        Command(Signature("reload", [], "read the configuration again, and report how that ended", level: .admin)) { _ in
            .ask(.reload) { finding in
                switch finding {
                case .reload(let report): AdminReply(report.isDone ? .done : .failed, text(report))
                case .outcome(.refused(let reason)): AdminReply(.failed, refused + "\n\(reason)\n")
                case .outcome(.done), .sessions, .takenOver, .drained: .done()
                }
            }
        },
        Command(Signature("show reload", [], "how the last reload ended")) { input in
            let isStale = input.host.isConfigurationStale
            let state = "configuration: \(isStale ? "differs from the file" : "as the file")\n"
            guard let report = input.host.lastReload else { return .text("No reload yet.\n\(state)") }
            let cause = report.isAutomatic ? "files changed" : "asked for"
            return .text("[\(Timestamps.text(report.time))] (\(cause)) \(text(report))\(state)")
        },
    ]

    private static let refused = "Reload refused: the configuration in force stays."

    private static func text(_ report: ReloadReport) -> String {
        let result = report.isDone ? "Reloaded: generation \(report.generation)." : refused
        return ([result] + report.lines).map { "\($0)\n" }.joined()
    }
}
