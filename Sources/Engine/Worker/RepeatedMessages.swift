/// Which of the messages that connections and requests cause over and over are logged: the first few of a kind in ten seconds, then how
/// many were suppressed. Times are nanoseconds of the monotonic clock.
struct RepeatedMessages {
    enum Kind: Int, CaseIterable {
        case rejected, acceptFailed, connectFailed, badResponse, badProxyHeader, handshakeFailed, noMemory, http2Failed
        case peerConnected, peerLost, peerRejected

        /// What the line begins with.
        var words: String {
            switch self {
            case .rejected: "connection rejected"
            case .acceptFailed: "cannot accept"
            case .connectFailed: "cannot connect"
            case .badResponse: "bad response"
            case .badProxyHeader: "PROXY header malformed"
            case .handshakeFailed: "handshake failed"
            case .noMemory: "no memory for a buffer: its connection ends"
            case .http2Failed: "HTTP/2 connection ended"
            case .peerConnected: "peer connected"
            case .peerLost: "peer disconnected"
            case .peerRejected: "peer rejected"
            }
        }

        /// Lines in ten seconds: one where the next would be the same, more where each names another agent or request.
        fileprivate var bound: Int {
            switch self {
            case .rejected, .acceptFailed, .connectFailed, .noMemory: 1
            case .badResponse, .badProxyHeader, .handshakeFailed, .http2Failed, .peerConnected, .peerLost, .peerRejected: 20
            }
        }
    }

    private struct Window {
        var began: Int64 = 0
        var count = 0
    }

    private static let length: Int64 = 10_000_000_000
    private var windows = [Window](repeating: Window(), count: Kind.allCases.count)
    private var hasOpenWindow = false

    /// Whether the line is to be logged; else it is counted.
    mutating func admits(_ kind: Kind, now: Int64) -> Bool {
        if windows[kind.rawValue].count == 0 { windows[kind.rawValue].began = now }
        windows[kind.rawValue].count += 1
        hasOpenWindow = true
        return windows[kind.rawValue].count <= kind.bound
    }

    /// The kinds whose ten seconds are over, with how many lines were suppressed. Call it regularly.
    mutating func takeLeftOut(now: Int64) -> [(kind: Kind, count: Int)] {
        guard hasOpenWindow else { return [] }
        var result: [(kind: Kind, count: Int)] = []
        hasOpenWindow = false
        for kind in Kind.allCases where windows[kind.rawValue].count > 0 {
            if now - windows[kind.rawValue].began < Self.length {
                hasOpenWindow = true
                continue
            }
            let leftOut = windows[kind.rawValue].count - kind.bound
            if leftOut > 0 { result.append((kind, leftOut)) }
            windows[kind.rawValue].count = 0
        }
        return result
    }
}
