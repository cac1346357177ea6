/// A worker's pool of free buffers, last in first out so that the warm one is used next. Bounded: further ones are freed.
public final class BufferPool {
    public let bufferCapacity: Int
    private let keep: Int
    private var spare: [ByteBuffer] = []

    /// - Parameters:
    ///   - bufferCapacity: bytes of each buffer
    ///   - keep: how many free buffers are kept at most
    public init(bufferCapacity: Int, keep: Int) {
        self.bufferCapacity = bufferCapacity
        self.keep = keep
        spare.reserveCapacity(keep)
    }

    /// An empty buffer without headroom; void where there is no memory for it.
    public func take() -> ByteBuffer {
        if let buffer = spare.popLast() {
            buffer.clear()
            return buffer
        }
        return ByteBuffer(capacity: bufferCapacity)
    }

    public func give(_ buffer: ByteBuffer) {
        if spare.count < keep, !buffer.isVoid { spare.append(buffer) }
    }

    /// Frees all that are spare.
    public func releaseSpares() { spare.removeAll(keepingCapacity: true) }
}
