/// Where is this instance in its life?
///
///     starting → ready       listeners listen; names are resolved, or 5 s have passed
///     starting → draining    asked to end before it was ready
///     ready    → draining    SIGTERM, `drain`, or a new instance has taken over
///     draining → the end     when the last worker has ended
enum Lifecycle: Equatable {
    case starting
    case ready
    /// - wasReady: workers have sockets and connections
    /// - isReplaced: a new instance serves on
    case draining(wasReady: Bool, isReplaced: Bool)

    /// Whether workers have been given sockets.
    var hasBeenReady: Bool {
        switch self {
        case .starting: false
        case .ready: true
        case .draining(let wasReady, _): wasReady
        }
    }

    var isDraining: Bool {
        switch self {
        case .starting, .ready: false
        case .draining: true
        }
    }

    var isReplaced: Bool {
        switch self {
        case .starting, .ready: false
        case .draining(_, let isReplaced): isReplaced
        }
    }

    /// - Returns: false where it drains already
    mutating func beginDrain(isReplaced: Bool = false) -> Bool {
        guard !isDraining else { return false }
        self = .draining(wasReady: self == .ready, isReplaced: isReplaced)
        return true
    }

    /// - Returns: false where it is ready already, or drains
    mutating func becomeReady() -> Bool {
        guard self == .starting else { return false }
        self = .ready
        return true
    }
}
