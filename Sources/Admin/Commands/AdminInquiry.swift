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
    /// Drains the process, and waits for the end; at most so many seconds, nil: as long as it takes.
    case drain(seconds: Int?)
}

/// The result of an `AdminInquiry`.
package enum AdminFinding: Sendable {
    case sessions(SessionList)
    /// Refused with lines without line end at the end.
    case outcome(AdminOutcome)
    case reload(ReloadReport)
    /// nil: its process is not known.
    case takenOver(pid: Int32?)
    case drained(DrainReport)
}

/// How a drain of the process has ended, or how far it is.
package struct DrainReport: Sendable, Equatable {
    /// All workers have ended, and the process ends next.
    package var hasEnded: Bool
    /// Those that are still open; where it has ended, those that were cut.
    package var connections: Int
    package var queuedRequests: Int

    package init(hasEnded: Bool, connections: Int, queuedRequests: Int) {
        self.hasEnded = hasEnded
        self.connections = connections
        self.queuedRequests = queuedRequests
    }
}
