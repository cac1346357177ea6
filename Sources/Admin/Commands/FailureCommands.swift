import Model

/// `show errors` and `show events`: what failed lately, and what changed.
enum FailureCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature
    typealias Input = AdminCommands.CommandInput

    static let all: [Command] = [
        Command(Signature("show errors", [], "requests and handshakes that failed lately")) { .text(errors($0.host.report())) },
        Command(Signature("show events", [], "recent changes of servers, pools and configuration, and failures")) {
            .text(events($0.host.report()))
        },
    ]

    /// The youngest first.
    private static func events(_ report: ServiceReport) -> String {
        let failures = report.failures.map { failure in
            EventReport(
                time: failure.time,
                text:
                    "\(failure.reason.rawValue) id=\(failure.id.asWord) client=\(failure.client.asWord) src=\(failure.source) "
                    + "endpoint=\(failure.endpoint.asWord) certname=\(failure.certname.asWord) pool=\(failure.pool.asWord) "
                    + "server=\(failure.server.asWord)\(why(failure))")
        }
        let all = (report.events + failures).enumerated().sorted { ($1.element.time, $0.offset) < ($0.element.time, $1.offset) }
        return all.map { "[\(Timestamps.text($0.element.time))] \($0.element.text)\n" }.joined()
    }

    private static func errors(_ report: ServiceReport) -> String {
        let head = "Total events captured on [\(Timestamps.text(report.process.now))] : \(report.failures.count)\n"
        return head
            + report.failures.map { failure in
                "\n[\(Timestamps.text(failure.time))] \(failure.reason.rawValue) status=\(failure.status.map(String.init) ?? "-") "
                    + "id=\(failure.id.asWord) listener=\(failure.listener) src=\(failure.source) client=\(failure.client.asWord) "
                    + "endpoint=\(failure.endpoint.asWord) certname=\(failure.certname.asWord) "
                    + "environment=\(failure.environment.asWord) pool=\(failure.pool.asWord) server=\(failure.server.asWord) "
                    + "target=\(JSONString.text(failure.target))"
                    + (failure.serial.isEmpty ? "" : " serial=\(failure.serial.asWord)") + why(failure) + "\n"
            }.joined()
    }

    /// What was wrong, and what the server's text says, where there is such a thing.
    private static func why(_ failure: FailureReport) -> String {
        (failure.cause.isEmpty ? "" : " cause=\(JSONString.text(failure.cause))")
            + (failure.errorText.isEmpty ? "" : " error=\(JSONString.text(failure.errorText))")
    }
}
