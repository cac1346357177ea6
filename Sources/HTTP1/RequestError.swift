import Model

/// Why a request head is refused. The connection cannot be used further after any of these.
package enum RequestError: Error, Equatable, Sendable {
    case malformed(HeadDefect)
    case headTooLarge
    case targetTooLong
    /// CONNECT or TRACE.
    case methodNotAllowed

    init(_ defect: HeadDefect) {
        self = defect == .tooManyFields ? .headTooLarge : .malformed(defect)
    }

    /// What exactly was wrong, for the operator's log; nil: the reason says it.
    package var cause: String? {
        if case .malformed(let defect) = self { defect.rawValue } else { nil }
    }

    package var reason: Reason {
        switch self {
        case .malformed: .badRequest
        case .headTooLarge: .headTooLarge
        case .targetTooLong: .targetTooLong
        case .methodNotAllowed: .methodNotAllowed
        }
    }
}
