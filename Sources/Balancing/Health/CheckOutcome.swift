/// How one health check ended, or a look-up of the server's name.
package enum CheckOutcome: Sendable, Equatable {
    /// The response's status.
    case passed(status: Int, duration: Duration)
    case failed(CheckFailure)
    /// The name has no address: the server is down until `.resolved`.
    case unresolved
    /// The name has an address (again): up at once where nothing checks it, else up with the next check that passes.
    case resolved
}

/// Why a health check failed.
package struct CheckFailure: Sendable, Equatable {
    /// HAProxy's values of `check_status`.
    package enum Cause: String, Sendable, CaseIterable {
        case socketError = "SOCKERR"
        case layer4Refused = "L4CON"
        case layer4Timeout = "L4TOUT"
        case layer6Response = "L6RSP"
        case layer6Timeout = "L6TOUT"
        case layer7Timeout = "L7TOUT"
        case layer7Response = "L7RSP"
        case layer7Status = "L7STS"

        package var isTimeout: Bool { self == .layer4Timeout || self == .layer6Timeout || self == .layer7Timeout }

        /// As HAProxy's log says it.
        package var text: String {
            switch self {
            case .socketError: "Socket error"
            case .layer4Refused: "Layer4 connection problem"
            case .layer4Timeout: "Layer4 timeout"
            case .layer6Response: "Layer6 invalid response"
            case .layer6Timeout: "Layer6 timeout"
            case .layer7Timeout: "Layer7 timeout"
            case .layer7Response: "Layer7 invalid response"
            case .layer7Status: "Layer7 wrong status"
            }
        }
    }

    package var cause: Cause
    /// The response's status where there was one.
    package var code: Int?
    /// More for the operator, such as the errno's text; may come from the server, so `HealthChange.line` cleans it.
    package var info: String
    package var duration: Duration

    /// The server may still serve requests: it sent an unexpected response, or accepted the connection and is late.
    package var isSoft: Bool {
        switch cause {
        case .layer6Timeout, .layer7Timeout, .layer7Status: true
        // With a status: a response whose body is not as wanted.
        case .layer7Response: code != nil
        case .socketError, .layer4Refused, .layer4Timeout, .layer6Response: false
        }
    }

    package init(_ cause: Cause, code: Int? = nil, info: String = "", duration: Duration) {
        self.cause = cause
        self.code = code
        self.info = info
        self.duration = duration
    }
}
