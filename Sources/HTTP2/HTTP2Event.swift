import Buffers

/// What a session has understood of the bytes it was given, in order. Who gets a buffer owns it.
package enum HTTP2Event {
    /// A request's head (server) or a final response's (client), as an HTTP/1.1 head; see `HeadAssembler`. `ends`: it has no content.
    case head(HTTP2Stream, ByteBuffer, ends: Bool)
    /// A request whose head is too large to be kept.
    case headTooLarge(HTTP2Stream)
    /// A response 1xx (client).
    case interim(HTTP2Stream, ByteBuffer)
    /// Content. Valid until the session receives again; `HTTP2Session.consume` says when it was taken.
    case content(HTTP2Stream, UnsafeRawBufferPointer)
    /// The peer's content has ended; with the trailer section as lines and an empty line, where there is one.
    case ended(HTTP2Stream, trailers: ByteBuffer?)
    /// All content that was handed over for sending has been put into frames.
    case drained(HTTP2Stream)
    /// The stream is over: finished in both directions (`noError`), or reset by either side.
    case closed(HTTP2Stream, HTTP2ErrorCode)
    /// The peer opens no more streams, and has not seen those of ours after `lastStream`.
    case goAway(lastStream: Int32, HTTP2ErrorCode)
    case settingsAcknowledged
    case pingAcknowledged
}
