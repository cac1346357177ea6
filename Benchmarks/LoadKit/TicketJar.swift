import COpenSSL

/// Counts the session tickets that agents get, and keeps the newest where they resume.
package struct TicketJar {
    package private(set) var count = 0
    /// nil: none was received, or none is kept.
    private var newest: OpaquePointer?
    private let keeps: Bool

    package init(keeps: Bool) { self.keeps = keeps }

    /// Whether `session` belongs to this value from now on.
    mutating func take(_ session: OpaquePointer) -> Bool {
        count += 1
        guard keeps else { return false }
        SSL_SESSION_free(newest)
        newest = session
        return true
    }

    /// Lets a connection that is to be made resume the newest session. A copy of it, since OpenSSL lets each be resumed once.
    package func resume(_ connection: OpaquePointer) {
        guard let newest, let copy = SSL_SESSION_dup(newest) else { return }
        SSL_set_session(connection, copy)
        SSL_SESSION_free(copy)
    }
}
