/// When does freed memory go back to the system?
///
/// After a burst of connections its memory is free in many small pieces between others, where the C library keeps it. Returning it costs
/// milliseconds, so it is done where the process holds much more than what is in use explains, and not again before there is as much more.
struct MemoryReturn {
    /// Bytes that must be there to be returned.
    private static let least = 16 << 20
    /// What a connection takes at most, in bytes: TLS session, objects, socket's bookkeeping.
    private static let connection = 64 << 10

    enum Step {
        case nothing
        /// The workers free their spare buffers first, on their own threads.
        case releaseBuffers
        /// Memory is to be returned now. Call `returned` after that.
        case giveBack
    }

    /// What the process held, apart from what was in use, after memory was returned.
    private var base: Int?
    private var isReleasing = false

    /// What is to be done now; to be asked every few seconds.
    /// - Parameters:
    ///   - resident: bytes that the process holds
    ///   - connections: of clients
    ///   - bodies: bytes reserved for the bodies of requests
    mutating func next(resident: Int, connections: Int, bodies: Int) -> Step {
        let unexplained = resident - connections * Self.connection - bodies
        guard let base else {
            self.base = max(0, unexplained)
            return .nothing
        }
        if isReleasing { return .giveBack }
        guard unexplained >= base + Self.least else { return .nothing }
        isReleasing = true
        return .releaseBuffers
    }

    mutating func returned(resident: Int, connections: Int, bodies: Int) {
        isReleasing = false
        base = max(0, resident - connections * Self.connection - bodies)
    }
}
