/// A half-open range of offsets into a head's bytes. Heads are bounded well below 4 GiB, so 32 bits do.
package struct ByteRange: Sendable, Equatable {
    package var start: UInt32
    package var end: UInt32

    @inlinable package init(_ start: Int, _ end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
    }

    package static let empty = ByteRange(0, 0)

    @inlinable package var lower: Int { Int(start) }
    @inlinable package var upper: Int { Int(end) }
    @inlinable package var count: Int { Int(end) - Int(start) }
    @inlinable package var isEmpty: Bool { start == end }
    @inlinable package var range: Range<Int> { Int(start)..<Int(end) }
}
