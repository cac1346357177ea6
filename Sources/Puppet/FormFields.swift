import Model

/// What matters of a query or a form body, gathered pair by pair as ring's form-decode does: pairs end at `&` (never at `;`), a name at
/// the first `=`, `+` is a space, names and values are percent-decoded. A pair whose value is not well encoded is dropped by ring.
struct FormFields: Sendable {
    /// `\w+` where not empty.
    private(set) var environment: [UInt8] = []
    /// transaction_uuid; empty where it is not there or not of letters, digits, `-` and `_`.
    private(set) var transaction: [UInt8] = []
    /// The first thing that cannot be taken.
    private(set) var problem: Ambiguity?
    private var decodedName: [UInt8] = []

    private static let longestTransaction = 64

    mutating func reset() {
        environment.empty()
        transaction.empty()
        problem = nil
    }

    /// Takes one pair, without the `&` around it.
    mutating func take(_ bytes: borrowing Span<UInt8>, _ pair: Range<Int>) {
        var equals = pair.lowerBound
        var hasPercent = false
        while equals < pair.upperBound, bytes[equals] != UInt8(ascii: "=") {
            if bytes[equals] == UInt8(ascii: "%") { hasPercent = true }
            equals += 1
        }
        let value = min(equals + 1, pair.upperBound)..<pair.upperBound
        let name = pair.lowerBound..<equals
        guard hasPercent else {
            takeValue(Name(bytes, name), bytes, value)
            return
        }
        guard decodeName(bytes, name) else {
            problem = problem ?? .brokenParameterName
            return
        }
        takeValue(Name(decodedName.span, 0..<decodedName.count), bytes, value)
    }

    private enum Name {
        case environment, transaction, other

        init(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) {
            self =
                switch range.count {
                case 11 where Name.equals(bytes, range, "environment"): .environment
                case 16 where Name.equals(bytes, range, "transaction_uuid"): .transaction
                default: .other
                }
        }

        private static func equals(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>, _ word: StaticString) -> Bool {
            let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
            for offset in 0..<range.count where bytes[range.lowerBound + offset] != expected[offset] { return false }
            return true
        }
    }

    private mutating func takeValue(_ name: Name, _ bytes: borrowing Span<UInt8>, _ value: Range<Int>) {
        switch name {
        case .environment: takeEnvironment(bytes, value)
        case .transaction: takeTransaction(bytes, value)
        case .other: break
        }
    }

    /// Decodes as much of the name as can matter; false where it is not well encoded. (Java's decoder would take more than ASCII's
    /// digits after a percent sign, so such a name is refused, not skipped.)
    private mutating func decodeName(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        decodedName.removeAll(keepingCapacity: true)
        var index = range.lowerBound
        while index < range.upperBound {
            var byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard let decoded = PercentCoding.decode(bytes, at: index, before: range.upperBound) else { return false }
                byte = decoded
                index += 2
            }
            if decodedName.count < 32 { decodedName.append(byte) }
        }
        return true
    }

    private mutating func takeEnvironment(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) {
        guard environment.isEmpty else {
            problem = problem ?? .environmentTwice
            return
        }
        var index = range.lowerBound
        while index < range.upperBound, ASCII.isWord(bytes[index]) { index += 1 }
        environment.append(bytes, range.lowerBound..<min(index, range.lowerBound + PuppetRequest.longestEnvironment + 1))
        while index < range.upperBound, environment.count <= PuppetRequest.longestEnvironment {
            var byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                byte = PercentCoding.decode(bytes, at: index, before: range.upperBound) ?? 0
                index += 2
            }
            guard ASCII.isWord(byte) else {
                problem = problem ?? .environmentNotWord
                return
            }
            environment.append(byte)
        }
        if environment.isEmpty { problem = problem ?? .environmentNotWord }
        if environment.count > PuppetRequest.longestEnvironment { problem = problem ?? .environmentTooLong }
    }

    private mutating func takeTransaction(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) {
        transaction.empty()
        guard range.count <= FormFields.longestTransaction else { return }
        for index in range where !ASCII.isWord(bytes[index]) && bytes[index] != UInt8(ascii: "-") { return }
        transaction.append(bytes, range)
    }
}
