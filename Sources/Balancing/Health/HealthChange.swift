/// A step of a server's health, and the pool's state after it: for the log and the hooks.
package struct HealthChange: Sendable, Equatable {
    /// `failing` and `passing` are steps on the way that changed nothing yet; `slow` is a check whose time ran out while the server went on
    /// to serve requests: it counts for nothing.
    package enum Kind: Sendable, Equatable { case failing, passing, down, up, slow }

    package var kind: Kind
    package var outcome: CheckOutcome
    /// See `HealthTracker.progress`.
    package var progress: Int
    package var progressOf: Int
    package var isUp: Bool
    /// Usable servers after the change.
    package var activeLeft: Int
    package var backupsLeft: Int
    /// Requests on this server, which go on.
    package var inUse: Int
    /// Requests waiting in the pool's queue when it happened.
    package var queued: Int

    /// The server accepts no connection or does not respond: responses that have not begun by now may never come.
    package var isGone: Bool {
        guard case .failed(let failure) = outcome else { return false }
        return failure.cause.isTimeout || failure.cause == .layer4Refused || failure.cause == .socketError
    }

    /// One line without line end, in HAProxy's form, so that operators and their tools know it.
    package func line(pool: String, server: String) -> String {
        switch kind {
        case .failing, .passing:
            let verb = kind == .failing ? "failed" : "succeeded"
            let status = "\(progress)/\(progressOf) \(isUp ? "UP" : "DOWN")"
            return "Health check for server \(pool)/\(server) \(verb), reason: \(reason), status: \(status)."
        case .slow:
            return "Health check for server \(pool)/\(server) is late, but requests are served: it does not count, reason: \(reason)."
        case .down, .up:
            let running = activeLeft == 0 && backupsLeft > 0 ? " Running on backup." : ""
            return "Server \(pool)/\(server) is \(isUp ? "UP" : "DOWN"), reason: \(reason). "
                + "\(activeLeft) active and \(backupsLeft) backup servers left.\(running) "
                + "\(inUse) requests active, \(queued) in queue."
        }
    }

    /// The outcome in HAProxy's terms.
    package var reason: String {
        switch outcome {
        case .passed(let status, let duration):
            return "Layer7 check passed, code: \(status), check duration: \(milliseconds(duration))ms"
        case .failed(let failure):
            var text = failure.cause.text
            if let code = failure.code { text += ", code: \(code)" }
            if !failure.info.isEmpty { text += ", info: \"\(printable(failure.info))\"" }
            return text + ", check duration: \(milliseconds(failure.duration))ms"
        case .unresolved:
            return "name does not resolve"
        case .resolved:
            return "name resolves"
        }
    }

    /// Printable ASCII without quotes, at most 200 characters: a server must not forge log lines.
    private func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(200).map { (0x20..<0x7F).contains($0.value) && $0 != "\"" ? $0 : "." }
        return String(String.UnicodeScalarView(scalars))
    }

    private func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds &* 1000 &+ duration.components.attoseconds / 1_000_000_000_000_000
    }
}
