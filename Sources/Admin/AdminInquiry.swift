/// What a command asks that is answered later: workers, or a thread that reads files, have their say first. The conversation waits.
package enum AdminInquiry: Sendable {
    case sessions(SessionQuery)
}

/// The answer to an `AdminInquiry`.
package enum AdminFinding: Sendable {
    case sessions(SessionList)
}
