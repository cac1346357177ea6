import Buffers

/// One stream of a session: what is to be sent on it. Made and kept by the session until the stream is closed.
///
/// Content is handed over one buffer at a time and taken by frames as the windows allow; the emptied buffer is fetched with `takeEmptied`.
package final class HTTP2Stream {
    package let id: Int32
    /// What the session's user keeps for this stream.
    package var owner: AnyObject?

    private var outgoing: ByteBuffer?
    private var hasEnded = false
    private var trailers: FieldBlock?
    /// The session found nothing to send and waits for `HTTP2Session.resume`.
    private(set) var isDeferred = false
    /// Content received and not yet consumed.
    private(set) var unconsumed = 0
    private(set) var hasFinalHead = false
    /// The peer's content has ended.
    package private(set) var hasReceivedEnd = false
    package private(set) var isClosed = false
    /// Our content has ended, and a frame said so.
    package private(set) var hasSentEnd = false
    /// The peer need not send the rest of its content once ours has ended.
    private(set) var stopsAfterEnd = false

    init(id: Int32) { self.id = id }

    /// Bytes of content that no frame has taken.
    package var pendingByteCount: Int { outgoing?.count ?? 0 }

    // MARK: Sending

    /// Hands content over. Where some is pending, both are joined; false where there is no memory for that.
    @discardableResult
    package func put(_ buffer: ByteBuffer) -> Bool {
        guard let before = outgoing, !before.isEmpty else {
            outgoing = buffer
            return true
        }
        let joined = ByteBuffer(capacity: before.count + buffer.count)
        guard !joined.isVoid else { return false }
        joined.append(UnsafeRawBufferPointer(start: before.base + before.start, count: before.count))
        joined.append(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count))
        outgoing = joined
        return true
    }

    /// After what was handed over comes nothing more.
    /// - Parameter trailers: a list of fields of its own
    package func end(trailers: FieldBlock? = nil) {
        hasEnded = true
        self.trailers = trailers
    }

    /// The buffer that was handed over, once it is empty or the stream is closed.
    package func takeEmptied() -> ByteBuffer? {
        guard let buffer = outgoing, buffer.isEmpty || isClosed else { return nil }
        outgoing = nil
        return buffer
    }

    /// How a DATA frame of at most `length` bytes would look.
    enum Piece {
        case nothing
        case content(Int, isLast: Bool)
    }

    func nextPiece(atMost length: Int) -> Piece {
        let count = min(length, pendingByteCount)
        let isLast = hasEnded && count == pendingByteCount
        isDeferred = count == 0 && !isLast
        return isDeferred ? .nothing : .content(count, isLast: isLast)
    }

    func takeTrailers() -> FieldBlock? {
        defer { trailers = nil }
        return trailers
    }

    var hasTrailers: Bool { trailers != nil }

    /// Moves the next `count` bytes to `output`. False where they are not there.
    func move(_ count: Int, to output: ByteBuffer) -> Bool {
        guard count > 0 else { return true }
        guard let outgoing, outgoing.count >= count else { return false }
        output.append(UnsafeRawBufferPointer(start: outgoing.base + outgoing.start, count: count))
        outgoing.consume(count)
        return true
    }

    func resumed() { isDeferred = false }

    // MARK: Receiving

    func received(_ byteCount: Int) { unconsumed += byteCount }

    /// How many of `byteCount` may be consumed.
    func consume(_ byteCount: Int) -> Int {
        let count = min(byteCount, unconsumed)
        unconsumed -= count
        return count
    }

    func finalHeadCame() { hasFinalHead = true }
    func endCame() { hasReceivedEnd = true }
    func close() { isClosed = true }
    func endWasSent() { hasSentEnd = true }
    func stopAfterEnd() { stopsAfterEnd = true }
}
