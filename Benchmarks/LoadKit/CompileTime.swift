import Glibc

/// How long a compile takes: log-normal, so that most take about the median and a few many times that. The same agent's compile
/// takes the same time on every server and in every run.
package struct CompileTime: Sendable {
    private let medianSeconds: Double
    private let seed: UInt64
    /// Of the logarithm. The mean is 1.28 medians, one compile in a hundred takes more than 5.
    private static let spread = 0.7
    /// No compile takes more medians than this.
    private static let longest = 10.0

    package init(medianMilliseconds: Int, seed: Int) {
        medianSeconds = Double(medianMilliseconds) / 1000
        self.seed = UInt64(truncatingIfNeeded: seed)
    }

    package func seconds(agent: Int) -> Double {
        // Box and Muller: two even numbers give a normal one.
        let radius = (-2 * log(Self.even(seed, UInt64(agent) * 2))).squareRoot()
        let normal = radius * cos(2 * .pi * Self.even(seed, UInt64(agent) * 2 + 1))
        return medianSeconds * min(Self.longest, exp(Self.spread * normal))
    }

    /// The `index`th number of SplitMix64's sequence, over 0 and at most 1.
    private static func even(_ seed: UInt64, _ index: UInt64) -> Double {
        var value = seed &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        value ^= value >> 31
        return Double(value >> 11 + 1) / 0x1p53
    }
}
