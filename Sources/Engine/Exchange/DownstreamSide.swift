import Buffers
import HTTP1
import Model
import Network

/// The client's side of an exchange as its driver sees it: gives a request's head, then its content piece by piece; takes a response's
/// head, content and end. An HTTP/1.1 connection is one (`HTTP1Downstream`); a stream of HTTP/2 is another.
///
/// A side is passive: it never calls its driver. It alone touches the stream and the input buffer, and counts their bytes. Content has the
/// form that the head declares: with a length as it is, chunked with its framing.
class DownstreamSide {
    /// What `receive` found.
    enum Reception { case more, nothing, gone }

    /// What `flush` achieved.
    enum Delivery { case delivered, pending, gone }

    /// How an exchange leaves its connection.
    enum Ending {
        case keepAlive
        /// In order: what was sent reaches the client.
        case close
        /// At once, so that the client sees an unfinished response.
        case cut
        /// By a reset, where the end of the connection would look like the end of the content.
        case reset
    }

    private var requestHead = RequestHead()
    final var head: RequestHead { _read { yield requestHead } }

    /// For the side itself, which fills the head.
    final func editHead<Result: ~Copyable, Failure: Error>(_ edit: (inout RequestHead) throws(Failure) -> Result) throws(Failure) -> Result
    {
        try edit(&requestHead)
    }

    /// Who asks. The same for all exchanges of a connection.
    var client: ClientContext { preconditionFailure("a side says who its client is") }
    /// What the exchange's deadlines for the client are set on.
    var timer: EventTarget { preconditionFailure("a side has a timer") }
    /// Why the client's certificate, accepted in its handshake, would not be accepted now; nil: it would, or there is none.
    var identityFault: IdentityFault? { nil }

    // MARK: The request

    /// The head, and the content received after it; after `takeHead` the content that was not taken. Read-only.
    var received: ByteBuffer? { preconditionFailure("a side holds what it receives") }
    /// Reads more of the request after what is held.
    /// - Parameter byteCount: how much is to fit in all, at least
    func receive(upTo byteCount: Int) -> Reception { preconditionFailure("a side receives") }
    /// The head is not needed any more.
    func takeHead() { preconditionFailure("a side gives its head") }
    /// Bytes that must be free where `takeContent` is to move anything.
    var leastRoom: Int { 1 }
    /// Moves received content to the end of `buffer`, as much as fits.
    func takeContent(into buffer: ByteBuffer) throws(FramingError) { preconditionFailure("a side gives content") }
    /// All of the request's content has been taken; true from the start where there is none.
    var contentIsTaken: Bool { preconditionFailure("a side knows the content's end") }
    /// Skips the received part of the request. False if the rest of it is still to arrive.
    func discardRequest() -> Bool { preconditionFailure("a side discards") }
    /// Lets go of memory that what is held does not need.
    func shrink() {}
    /// Asks for the content of a request with `Expect: 100-continue`.
    func sendContinue() { preconditionFailure("a side asks for the content") }
    /// Says to an instance that its request goes to a server now (102).
    func sendProcessing() {}
    /// The client has gone. A closed direction counts where `halfClosedIsGone`.
    func isGone(halfClosedIsGone: Bool) -> Bool { preconditionFailure("a side knows whether the client is there") }

    // MARK: The response

    /// False where the client cannot read chunked content: the framing is then taken off before.
    var readsChunked: Bool { true }
    /// An interim response (1xx): sent at once, after what is pending.
    func sendInterim(_ response: borrowing ResponseHead, bytes: borrowing Span<UInt8>) { preconditionFailure("a side sends") }
    /// Prepares the final head. It goes out with the first content, or with `send` of an empty buffer.
    /// - Parameters:
    ///   - close: whether the connection ends after this response
    ///   - room: bytes that will be free before the content in its buffer
    /// - Returns: false where the head does not fit
    func prepareHead(_ response: borrowing ResponseHead, bytes: borrowing Span<UInt8>, close: Bool, room: Int) -> Bool {
        preconditionFailure("a side sends")
    }
    /// Takes charge of `buffer`, which holds content in the form that the head declared.
    func send(_ buffer: ByteBuffer) { preconditionFailure("a side sends") }
    /// A whole response that was made here.
    func send(_ response: [UInt8]) { preconditionFailure("a side sends") }
    /// Writes what is pending.
    func flush() -> Delivery { preconditionFailure("a side sends") }
    var hasPendingOutput: Bool { preconditionFailure("a side knows what is pending") }
    /// The exchange is over and its record is written. The last call for this exchange.
    func end(_ ending: Ending) { preconditionFailure("a side ends") }

    // MARK: Counts

    /// Received bytes of this request: head and content.
    var bytesIn: UInt64 { preconditionFailure("a side counts") }
    /// Bytes of responses that the client's connection has taken.
    var bytesOut: UInt64 { preconditionFailure("a side counts") }
    /// Bytes in both directions since the exchange began: whether there was progress.
    var traffic: UInt64 { preconditionFailure("a side counts") }
}
