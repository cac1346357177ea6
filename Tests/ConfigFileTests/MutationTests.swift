import ConfigurationInvariants
import Testing

/// Whatever a file holds, the loader gives settings or errors, in bounded time, and never traps.
@Suite struct MutationTests {
    private static let seed: UInt64 = 20_240_611

    /// A few thousand damaged files: bytes exchanged, parts cut, doubled and put elsewhere.
    @Test(arguments: 0..<4) func damagedFilesGiveSettingsOrErrors(round: Int) throws {
        let sources = try Self.sources()
        var random = SeededGenerator(seed: Self.seed &+ UInt64(round))
        for number in 0..<1000 {
            var bytes = sources[Int.random(in: 0..<sources.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.damage(&bytes, sources, &random) }
            let violation = LoadInvariants.violation(input: bytes)
            try #require(violation == nil, "seed \(Self.seed), round \(round), number \(number): \(String(decoding: bytes, as: UTF8.self))")
        }
    }

    /// The contract's example and all small mistakes.
    private static func sources() throws -> [[UInt8]] {
        var sources = [try Fixtures.bytes("contract.yaml")]
        for name in MistakeTests.cases {
            let bytes = try Fixtures.bytes("mistakes/\(name)")
            if bytes.count < 4000 { sources.append(bytes) }
        }
        return sources
    }

    private static let tokens = [
        "*a", "&a ", "? ", ": ", "- ", "{", "}", "[", "]", "\"", "'", "|\n", ">", "!!str ", "<<: ", "\n", "\t", "#", "null", "~", "---\n",
        ",",
        "\u{FEFF}", "\u{2028}",
    ]

    private static func damage(_ bytes: inout [UInt8], _ sources: [[UInt8]], _ random: inout SeededGenerator) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 0...40, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            if place < bytes.count { bytes[place] = UInt8.random(in: .min ... .max, using: &random) }
        case 1:
            bytes.removeSubrange(place..<end)
        case 2:
            bytes.insert(contentsOf: Array(bytes[place..<end]), at: Int.random(in: 0...bytes.count, using: &random))
        case 3:
            bytes.insert(contentsOf: tokens[Int.random(in: 0..<tokens.count, using: &random)].utf8, at: place)
        case 4:
            let other = sources[Int.random(in: 0..<sources.count, using: &random)]
            let start = Int.random(in: 0..<other.count, using: &random)
            bytes.insert(contentsOf: other[start..<min(other.count, start + 60)], at: place)
        default:
            bytes.removeSubrange(place...)
        }
    }
}
