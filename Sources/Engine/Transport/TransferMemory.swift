import Buffers
import HTTP2

/// A worker's memory for bytes on their way. Nothing here outlives a turn of the loop but what a slow peer leaves unsent.
final class TransferMemory {
    /// Bytes that a rewritten response head may need more than the server's had.
    static let headroom = 512

    /// 128 KiB: read from a server, pass on, give back.
    let large = BufferPool(bufferCapacity: 128 << 10 + 1024, keep: 64)
    /// 320 KiB: a request's body with the default `limits.body_prefix`. Not made and unmade for each, since such a piece is mapped.
    private let huge = BufferPool(bufferCapacity: 320 << 10, keep: 64)
    /// 16 KiB: heads of requests, rests that a slow peer leaves.
    let small = BufferPool(bufferCapacity: 16 << 10, keep: 256)
    /// Ciphertext of what is written just now. Empty between two calls of `Stream`.
    private(set) var gather: ByteBuffer
    /// Ciphertext is gathered up to here, then sent.
    private let gatherPool = BufferPool(bufferCapacity: 160 << 10, keep: 16)
    /// For putting a head together before it goes in front of its content.
    let head = ByteBuffer(capacity: 96 << 10)

    /// For a head on its way into an HTTP/2 header block.
    private(set) lazy var fields = FieldBlock(capacity: 96 << 10)

    private var hasFailed = false

    init() { gather = gatherPool.take() }

    /// Frees the spare large buffers, which a burst has left.
    func releaseSpares() {
        for pool in [large, huge, gatherPool] { pool.releaseSpares() }
    }

    /// There was no memory for a buffer since the last call.
    func takeFailures() -> Bool {
        defer { hasFailed = false }
        return hasFailed
    }

    /// A connection met a void buffer.
    func noteFailure() { hasFailed = true }

    /// False where there was no memory for what is always needed.
    var isComplete: Bool { !gather.isVoid && !head.isVoid }

    /// Takes what is gathered away as a buffer of its own, since the socket does not take it now. nil where there is no memory for that.
    func detachGathered() -> ByteBuffer? {
        if gather.count <= small.bufferCapacity {
            let rest = small.take()
            let taken = rest.append(UnsafeRawBufferPointer(start: gather.base + gather.start, count: gather.count))
            defer { gather.clear() }
            return taken == gather.count ? rest : nil
        }
        let next = gatherPool.take()
        guard !next.isVoid else {
            gather.clear()
            return nil
        }
        let rest = gather
        gather = next
        return rest
    }

    /// Gives back a buffer of any of the pools; others are simply dropped.
    func give(_ buffer: ByteBuffer) {
        switch buffer.capacity {
        case small.bufferCapacity: small.give(buffer)
        case large.bufferCapacity: large.give(buffer)
        case gatherPool.bufferCapacity: gatherPool.give(buffer)
        case huge.bufferCapacity: huge.give(buffer)
        default: break
        }
    }

    /// A buffer with room for `capacity` bytes at least; void where there is no memory for it.
    func take(capacity: Int) -> ByteBuffer {
        if capacity <= small.bufferCapacity { return small.take() }
        if capacity <= large.bufferCapacity { return large.take() }
        if capacity <= huge.bufferCapacity { return huge.take() }
        return ByteBuffer(capacity: capacity)
    }

    /// The same bytes in the smallest buffer that holds them, so that a waiting request holds little. nil when there are none.
    func shrink(_ buffer: ByteBuffer) -> ByteBuffer? {
        if buffer.isEmpty {
            give(buffer)
            return nil
        }
        // Rounded up, so that a little more fits. Copying is worth while where much is saved.
        let wanted = max(small.bufferCapacity, (buffer.count + 4095) & ~4095)
        guard wanted <= buffer.capacity / 2 else { return buffer }
        let rest = wanted == small.bufferCapacity ? small.take() : ByteBuffer(capacity: wanted)
        guard !rest.isVoid else { return buffer }
        rest.append(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count))
        give(buffer)
        return rest
    }
}
