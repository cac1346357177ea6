/// SplitMix64: the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// 0 to `bound` - 1.
    mutating func next(_ bound: Int) -> Int { Int(next() >> 1) % bound }

    mutating func chance(_ percent: Int) -> Bool { next(100) < percent }

    mutating func pick<Element>(_ array: [Element]) -> Element? { array.isEmpty ? nil : array[next(array.count)] }

    /// One of the values given, each as likely.
    mutating func one<Element>(of first: Element, _ others: Element...) -> Element {
        let index = next(others.count + 1)
        return index == 0 ? first : others[index - 1]
    }
}
