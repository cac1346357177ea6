/// A query whose result comes later, from workers or from a thread that reads files. The conversation waits for it.
package enum AdminInquiry: Sendable {
    case sessions(SessionQuery)
    /// Reads PEM and stages it for `commit`.
    case stage(CertificateReport.Kind, file: String, pem: [UInt8])
    /// Puts what is staged for the file in place, everywhere at once.
    case commit(CertificateReport.Kind, file: String)
    /// Reads the configuration again.
    case reload
    /// Starts the program again, to take this instance's place.
    case takeover
}

/// The result of an `AdminInquiry`.
package enum AdminFinding: Sendable {
    case sessions(SessionList)
    /// Refused with lines without line end at the end.
    case outcome(AdminOutcome)
    case reload(ReloadReport)
    /// nil: its process is not known.
    case takenOver(pid: Int32?)
}
