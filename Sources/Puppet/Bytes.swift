extension [UInt8] {
    /// Empties the array and keeps its room; costs nothing where it is empty.
    mutating func empty() {
        if !isEmpty { removeAll(keepingCapacity: true) }
    }

    /// Appends a piece of `bytes` in one copy. Unsafe for want of an append that takes a span; `extracting` has checked the range.
    mutating func append(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        bytes.extracting(range).withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}
