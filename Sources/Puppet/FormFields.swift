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
    private var name: [UInt8] = []

    private static let longestTransaction = 64

    mutating func reset() {
        environment.removeAll(keepingCapacity: true)
        transaction.removeAll(keepingCapacity: true)
        problem = nil
    }

    /// Takes one pair, without the `&` around it.
    mutating func take(_ bytes: borrowing Span<UInt8>, _ pair: Range<Int>) {
        var equals = pair.lowerBound
        while equals < pair.upperBound, bytes[equals] != UInt8(ascii: "=") { equals += 1 }
        let value = min(equals + 1, pair.upperBound)..<pair.upperBound
        guard decodeName(bytes, pair.lowerBound..<equals) else {
            problem = problem ?? .brokenParameterName
            return
        }
        if isName("environment") {
            takeEnvironment(bytes, value)
        } else if isName("transaction_uuid") {
            takeTransaction(bytes, value)
        }
    }

    /// Decodes as much of the name as can matter; false where it is not well encoded. (Java's decoder would take more than ASCII's
    /// digits behind a percent sign, so such a name is refused, not skipped.)
    private mutating func decodeName(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        name.removeAll(keepingCapacity: true)
        var index = range.lowerBound
        while index < range.upperBound {
            var byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard let decoded = PercentCoding.decode(bytes, at: index, before: range.upperBound) else { return false }
                byte = decoded
                index += 2
            }
            if name.count < 32 { name.append(byte) }
        }
        return true
    }

    private func isName(_ word: StaticString) -> Bool {
        guard name.count == word.utf8CodeUnitCount else { return false }
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        for index in 0..<name.count where name[index] != expected[index] { return false }
        return true
    }

    private mutating func takeEnvironment(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) {
        guard environment.isEmpty else {
            problem = problem ?? .environmentTwice
            return
        }
        var index = range.lowerBound
        while index < range.upperBound {
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
            guard environment.count < PuppetRequest.longestEnvironment else {
                problem = problem ?? .environmentTooLong
                return
            }
            environment.append(byte)
        }
        if environment.isEmpty { problem = problem ?? .environmentNotWord }
    }

    private mutating func takeTransaction(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) {
        transaction.removeAll(keepingCapacity: true)
        guard range.count <= FormFields.longestTransaction else { return }
        for index in range {
            guard ASCII.isWord(bytes[index]) || bytes[index] == UInt8(ascii: "-") else {
                transaction.removeAll(keepingCapacity: true)
                return
            }
            transaction.append(bytes[index])
        }
    }
}
