import Model

/// Why a server's response head is refused. Its connection cannot be used further.
package enum ResponseError: Error, Equatable, Sendable {
    case malformed(HeadDefect)
    case headTooLarge

    init(_ defect: HeadDefect) {
        self = defect == .tooManyFields ? .headTooLarge : .malformed(defect)
    }

    package var reason: Reason { .badResponse }
}
