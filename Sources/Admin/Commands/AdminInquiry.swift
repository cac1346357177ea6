/// What a command asks that is answered later: workers, or a thread that reads files, have their say first. The conversation waits.
package enum AdminInquiry: Sendable {
    case sessions(SessionQuery)
    /// Reads PEM and keeps it for `commit`.
    case stage(CertificateReport.Kind, file: String, pem: [UInt8])
    /// Puts what is kept for the file in its place, everywhere at once.
    case commit(CertificateReport.Kind, file: String)
    /// Reads the configuration again.
    case reload
    /// Starts the program again, to take this instance's place.
    case takeover
}

/// The answer to an `AdminInquiry`.
package enum AdminFinding: Sendable {
    case sessions(SessionList)
    /// Refused with lines without line end at the end.
    case outcome(AdminOutcome)
    case reload(ReloadReport)
    /// nil: its process is not known.
    case takenOver(pid: Int32?)
}
