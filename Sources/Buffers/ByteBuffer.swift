import CLinux

/// A fixed piece of memory with bytes in `start..<end`. Not Sendable: it belongs to one worker.
/// Where memory cannot be had the buffer is void: it has no room, nothing fits into it, and `Stream` fails when it reads into it.
/// Unsafe memory inside, checked indices outside: `readable` and `append` are the safe ways in.
public final class ByteBuffer {
    public let capacity: Int
    public let base: UnsafeMutableRawPointer
    public var start = 0
    public var end = 0

    /// - Parameter capacity: bytes; more than zero
    public init(capacity: Int) {
        if let memory = pf_allocate(capacity) {
            self.capacity = capacity
            base = memory
        } else {
            self.capacity = 0
            base = Self.nowhere
        }
    }

    /// Where a void buffer is; never read or written.
    private static var nowhere: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped }

    deinit { if capacity > 0 { free(base) } }

    /// There was no memory for it.
    @inlinable public var isVoid: Bool { capacity == 0 }

    @inlinable public var count: Int { end - start }
    @inlinable public var isEmpty: Bool { start == end }
    /// Bytes that fit after `end`.
    @inlinable public var room: Int { capacity - end }

    /// The bytes that wait to be read.
    @inlinable public var readable: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            let bytes = UnsafeBufferPointer(start: (base + start).assumingMemoryBound(to: UInt8.self), count: end - start)
            return _overrideLifetime(bytes.span, borrowing: self)
        }
    }

    /// Empties the buffer and leaves `headroom` bytes free in front.
    @inlinable public func clear(headroom: Int = 0) {
        precondition(headroom <= capacity || isVoid)
        guard !isVoid else { return }
        start = headroom
        end = headroom
    }

    @inlinable public func consume(_ byteCount: Int) {
        precondition(byteCount >= 0 && byteCount <= count)
        start += byteCount
    }

    /// Moves what is readable to the front, so that `room` is as large as it can be.
    public func compact() {
        guard start > 0 else { return }
        let byteCount = count
        if byteCount > 0 { base.copyMemory(from: base + start, byteCount: byteCount) }
        start = 0
        end = byteCount
    }

    /// Copies as many of `bytes` as fit after `end`; returns how many.
    @inlinable @discardableResult
    public func append(_ bytes: UnsafeRawBufferPointer) -> Int {
        let byteCount = Swift.min(bytes.count, room)
        if byteCount > 0 { (base + end).copyMemory(from: bytes.baseAddress!, byteCount: byteCount) }
        end += byteCount
        return byteCount
    }

    @inlinable @discardableResult
    public func append(_ bytes: [UInt8]) -> Int { bytes.withUnsafeBytes { append($0) } }
}
