extension [UInt8] {
    /// Appends a piece of `bytes` in one copy. Unsafe for want of an append that takes a span; `extracting` has checked the range.
    mutating func append(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        bytes.extracting(range).withUnsafeBufferPointer { append(contentsOf: $0) }
    }

    func equals(_ bytes: borrowing Span<UInt8>) -> Bool {
        guard count == bytes.count else { return false }
        for index in indices where self[index] != bytes[index] { return false }
        return true
    }
}
