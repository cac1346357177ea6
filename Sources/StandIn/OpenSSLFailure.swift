import COpenSSL

/// Makes one error from this thread's queue of OpenSSL errors.
enum OpenSSLFailure {
    /// The first reason in the queue; empties the queue.
    static func take(_ fallback: String) -> (code: UInt, reason: String) {
        let code = ERR_peek_error()
        defer { ERR_clear_error() }
        guard code != 0, let text = ERR_reason_error_string(code) else { return (code, fallback) }
        return (code, String(cString: text))
    }

    static func crypto(_ call: String) -> StandInError {
        .crypto("\(call): \(take("failed").reason)")
    }

    /// OpenSSL numbers the alerts that it received as 1000 and the alert's own number.
    static func tls(_ fallback: String) -> StandInError {
        let (code, reason) = take(fallback)
        let number = Int(pf_ERR_GET_REASON(code))
        return .tls(alert: (1000..<1256).contains(number) ? UInt8(number - 1000) : nil, reason: reason)
    }
}
