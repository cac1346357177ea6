import Foundation
import HTTP2Invariants
import Testing

/// The fuzzer's corpus, and random neighbours of it.
@Suite struct FuzzReplayTests {
    private static let corpus: [URL] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/fuzz/http2")
        return (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    }()

    @Test func corpusIsThere() { #expect(Self.corpus.count >= 20) }

    @Test(arguments: corpus) func invariantsHold(file: URL) throws {
        let input = Array(try Data(contentsOf: file))
        #expect(SessionInvariants.violation(of: input) == nil)
        var seed = UInt64(truncatingIfNeeded: input.count) &* 0x9E37_79B9_7F4A_7C15 | 1
        for _ in 0..<50 {
            var other = input
            for _ in 0..<3 where !other.isEmpty {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                other[Int(seed >> 33) % other.count] = UInt8(truncatingIfNeeded: seed >> 25)
            }
            #expect(SessionInvariants.violation(of: other) == nil)
        }
    }
}
