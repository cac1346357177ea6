import COpenSSL

/// A TLS session with its ticket. Immutable once made, so any thread may use it.
package final class StandInSession: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes ownership of the reference.
    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { SSL_SESSION_free(pointer) }
}
