import Buffers
import HTTP1
import Model
import Network

/// The server's side of an exchange as its driver sees it, the mirror image of `DownstreamSide`: takes a request's head and content, gives
/// a response's head, then its content piece by piece. An HTTP/1.1 connection is one (`HTTP1Upstream`), a stream of HTTP/2 another (`HTTP2Upstream`).
///
/// It alone touches the stream and the input buffer. It calls its driver only from events of its own: connected, ready, failed, timed out.
class UpstreamSide: EventTarget {
    /// What `receive` found. Who gets a buffer owns it.
    enum Reception {
        case nothing
        /// A response 1xx; call `endInterim` with the buffer.
        case interim(ByteBuffer)
        /// The final head is `responseHead`; call `beginContent` with the buffer.
        case head(ByteBuffer)
        /// Content in the form that the head declares, or without its chunked framing where `beginContent` asked for that.
        case content(ByteBuffer)
        /// The connection's end, which was the content's.
        case ended
        /// The connection has ended before the response.
        case lost
        case malformed(String)
    }

    let target: UpstreamTarget

    init(_ target: UpstreamTarget) { self.target = target }

    private var head = ResponseHead()
    final var responseHead: ResponseHead { _read { yield head } }

    /// For the side itself, which fills the head.
    final func editHead<Result, Failure: Error>(_ edit: (inout ResponseHead) throws(Failure) -> Result) throws(Failure) -> Result {
        try edit(&head)
    }

    /// The connection had served other requests before.
    var wasReused: Bool { false }
    /// The server has said that it did nothing of this request: it may be sent again whatever it is (RFC 9113 section 8.7).
    var wasNotProcessed: Bool { false }
    var descriptor: Int32? { nil }

    /// Serves `exchange` from now on. True where it is connected already; else it reports `connected` or a failure later.
    func begin(for exchange: ExchangeDriver) -> Bool { preconditionFailure("a side begins") }
    /// Appends the request's head as this server gets it, in the form of HTTP/1.1, as requests are held. False where it does not fit.
    final func appendHead(
        _ head: borrowing RequestHead, bytes: borrowing Span<UInt8>, _ additions: RequestAdditions, to output: ByteBuffer
    ) -> Bool {
        HeadWriter.appendRequest(
            head, bytes: bytes, identityFields: additions.identityFields, forwardedFor: additions.forwardedFor,
            dropExpect: additions.dropsExpect, fallbackHost: target.authority, to: output)
    }
    /// How many of `bytes` were taken. Fewer than all: the server is slow, or `hasFailed`.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int { preconditionFailure("a side writes") }
    /// Writes what the connection holds. True where nothing is left.
    func flush() -> Bool { true }
    /// Neither direction works any more.
    var hasFailed: Bool { preconditionFailure("a side knows its state") }

    /// The next piece of the response.
    /// - Parameter method: of the request; a response to HEAD has no content
    func receive(method: RequestMethod) -> Reception { preconditionFailure("a side receives") }
    /// The interim response in `buffer` was passed on.
    func endInterim(_ buffer: ByteBuffer) { preconditionFailure("a side receives") }
    /// The head in `buffer` was used: leaves in it the content received so far, in the form in which it is forwarded.
    /// - Parameter sampleBound: so many bytes of content are kept in `sample`
    func beginContent(_ buffer: ByteBuffer, dropsChunking: Bool, sampleBound: Int) throws(ResponseDefect) {
        preconditionFailure("a side receives")
    }
    /// The content's first bytes, where `beginContent` asked for them.
    var sample: [UInt8] { [] }
    /// The server's last byte has arrived.
    var responseIsWhole: Bool { preconditionFailure("a side knows the response's end") }
    /// Some byte of a response to this request has arrived.
    var responseHasBegun: Bool { preconditionFailure("a side knows the response's beginning") }

    /// The exchange is done with it.
    /// - Parameter requestWasSent: whole; a connection that got a part of a request serves no other
    func release(requestWasSent: Bool) { preconditionFailure("a side ends") }
    /// Bytes in both directions for this exchange: whether there was progress.
    var traffic: UInt64 { preconditionFailure("a side counts") }
}

/// What a request's head gets on its way to a server, besides what the client sent.
struct RequestAdditions {
    /// Whole lines with their CRLF.
    let identityFields: [UInt8]
    let forwardedFor: [UInt8]
    /// 100 Continue was sent from here.
    let dropsExpect: Bool
}
