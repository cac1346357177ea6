import HTTP1

/// What is wrong with a server's response after its head.
enum ResponseDefect: Error, Equatable {
    case framing(FramingError)
    /// Excess bytes after the response's end cannot be attributed to any request (response smuggling).
    case surplus
    /// For a piece of framing that has not come whole.
    case noMemory
}
