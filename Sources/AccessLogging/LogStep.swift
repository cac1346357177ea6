import Network

/// The result of one write to an output of the access log.
enum LogStep: Equatable {
    /// So many bytes were accepted; at least one.
    case accepted(Int)
    /// The output accepts nothing before its descriptor is ready to write.
    case blocked
    /// Nothing was accepted.
    case failed(SystemError)
}
