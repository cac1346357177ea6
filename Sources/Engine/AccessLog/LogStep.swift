import Network

/// How far an output of the access log came with lines.
enum LogStep: Equatable {
    /// So many bytes are out of our hands; at least one.
    case took(Int)
    /// Nothing can be taken before the descriptor is ready to write.
    case blocked
    /// Nothing was taken.
    case failed(SystemError)
}
