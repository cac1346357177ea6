import CLinux
import COpenSSL

/// One non-blocking connection, plain or TLS. Owns the descriptor and the TLS session; both end with it.
package final class ByteStream {
    package enum Transfer {
        case bytes(Int)
        case blocked, ended, failed
    }
    package enum Handshake { case done, blocked, failed }

    package let descriptor: Int32
    package let session: OpaquePointer?

    /// Takes `descriptor` over; with `context` it speaks TLS, as client or server.
    package init(descriptor: Int32, context: OpaquePointer?, isClient: Bool) {
        self.descriptor = descriptor
        guard let context else {
            session = nil
            return
        }
        let session = SSL_new(context)
        SSL_set_fd(session, descriptor)
        if isClient { SSL_set_connect_state(session) } else { SSL_set_accept_state(session) }
        self.session = session
    }

    deinit {
        if let session {
            SSL_shutdown(session)
            SSL_free(session)
            // An error of this session must not be reported for the next one.
            ERR_clear_error()
        }
        close(descriptor)
    }

    package func handshake() -> Handshake {
        guard let session else { return .done }
        let result = SSL_do_handshake(session)
        if result == 1 { return .done }
        switch SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .blocked
        default:
            ERR_clear_error()
            return .failed
        }
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        guard let session else {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .ended }
            return pf_errno() == EAGAIN ? .blocked : .failed
        }
        return outcome(SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count)), session)
    }

    package func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        guard let session else {
            let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .bytes(count) }
            return pf_errno() == EAGAIN ? .blocked : .failed
        }
        return outcome(SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count)), session)
    }

    private func outcome(_ result: Int32, _ session: OpaquePointer) -> Transfer {
        if result > 0 { return .bytes(Int(result)) }
        switch SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .blocked
        case SSL_ERROR_ZERO_RETURN: return .ended
        default:
            ERR_clear_error()
            return .failed
        }
    }
}
