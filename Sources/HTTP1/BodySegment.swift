/// What the first bytes of a message's rest are. Counts are bytes, more than zero.
package enum BodySegment: Sendable, Equatable {
    case content(Int)
    /// A chunk-size line with its extension, or the CRLF after a chunk's data.
    case framing(Int)
    /// The trailer section after the last chunk, complete, with the empty line that ends it (2 bytes where there are no trailers).
    case trailers(Int)
    /// The bytes do not hold a whole segment: call again with these and more.
    case needMore
    /// The message has ended; what follows belongs to the next one.
    case finished
}
