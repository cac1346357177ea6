/// A half-open range of offsets into a head's bytes. Heads are bounded well below 4 GiB, so 32 bits do.
public struct ByteRange: Sendable, Equatable {
    public var start: UInt32
    public var end: UInt32

    @inlinable public init(_ start: Int, _ end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
    }

    public static let empty = ByteRange(0, 0)

    @inlinable public var lower: Int { Int(start) }
    @inlinable public var upper: Int { Int(end) }
    @inlinable public var count: Int { Int(end) - Int(start) }
    @inlinable public var isEmpty: Bool { start == end }
    @inlinable public var range: Range<Int> { Int(start)..<Int(end) }
}
