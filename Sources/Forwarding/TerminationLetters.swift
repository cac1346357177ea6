import Model

/// The log's termination state, HAProxy's four letters, from why and where an exchange ended.
package enum TerminationLetters {
    /// Two letters as docs/outputs.md lists them, then `--`.
    package static func of(_ failure: Reason?, byTimeout: Bool, phase: Phase) -> StaticString {
        switch failure {
        case nil: "----"
        case .badRequest, .wrongCertname, .revoked, .noRoute, .methodNotAllowed, .targetTooLong, .headTooLarge, .perCertname: "PR--"
        case .requestTimeout: phase == .head ? "cR--" : "cD--"
        case .queueFull, .overloaded: "SQ--"
        case .queueTimeout: "sQ--"
        case .noServer: "SC--"
        case .connectFailed: byTimeout ? "sC--" : "SC--"
        case .badResponse: "SH--"
        case .responseTimeout: "sH--"
        case .cut: byTimeout ? "sD--" : "SD--"
        case .clientGone:
            switch phase {
            case .head: "CR--"
            case .queue: "CQ--"
            case .connect: "CC--"
            case .answer: "CH--"
            case .data: "CD--"
            }
        }
    }

    /// Where the exchange stood.
    package enum Phase: Sendable { case head, queue, connect, answer, data }
}
