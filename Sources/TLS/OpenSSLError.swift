import COpenSSL

/// Why a call of OpenSSL failed, in its own words. Made from this thread's error queue, which is empty afterwards: with an old
/// failure in the queue, the next `SSL_get_error` on this thread would be wrong.
package struct OpenSSLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line.
    package let reason: String

    package init(reason: String) { self.reason = reason }

    /// Takes the first error of the queue (the cause; later ones are its consequences) and clears the rest.
    /// - Parameter action: what was attempted, such as `set the cipher list`
    package static func taking(_ action: StaticString) -> OpenSSLError {
        let text = takeReason() ?? "unknown error"
        return OpenSSLError(reason: "cannot \(action): \(text)")
    }

    /// The reason of the queue's first error; nil if there is none. The queue is empty afterwards.
    static func takeReason() -> String? {
        let code = ERR_peek_error()
        guard code != 0 else { return nil }
        defer { ERR_clear_error() }
        guard let text = ERR_reason_error_string(code) else { return "error \(code)" }
        return String(cString: text)
    }

    package var description: String { reason }
}
