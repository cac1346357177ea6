import Foundation
import PuppetInvariants
import Testing

/// Replays the corpora of Tests/Fuzz, past crashes included, and random neighbours of them. SEED=… replays a failing round.
@Suite struct FuzzReplayTests {
    private func corpus(_ target: String) throws -> [[UInt8]] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/fuzz/\(target)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.sorted { $0.path < $1.path }.map { Array(try Data(contentsOf: $0)) }
    }

    private static let seed = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)

    @Test func everyPathOfTheCorpusKeepsTheInvariants() throws {
        let inputs = try corpus("FuzzPath")
        #expect(inputs.count >= 20)
        for input in inputs { #expect(PathInvariants.violation(target: input) == nil, "\(String(decoding: input, as: UTF8.self))") }
        replayNeighbours(of: inputs, rounds: 20_000) { PathInvariants.violation(target: $0) }
    }

    @Test func everyBodyOfTheCorpusKeepsTheInvariants() throws {
        let inputs = try corpus("FuzzForm")
        #expect(inputs.count >= 20)
        for input in inputs { #expect(BodyInvariants.violation(input: input) == nil, "\(String(decoding: input, as: UTF8.self))") }
        replayNeighbours(of: inputs.filter { $0.count < 1000 }, rounds: 5000) { BodyInvariants.violation(input: $0) }
    }

    private func replayNeighbours(of inputs: [[UInt8]], rounds: Int, _ violation: ([UInt8]) -> String?) {
        let alphabet = Array("/.%;?&=+#:\"\\{}[],u02eEfF environment\u{0}\u{FF}\r\n".utf8) + [0xC0, 0xFF]
        var state = Self.seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return bound == 0 ? 0 : Int(state >> 33) % bound
        }
        for _ in 0..<rounds {
            var input = inputs[next(inputs.count)]
            for _ in 0...next(3) {
                let place = next(input.count + 1)
                switch next(3) {
                case 0: input.insert(alphabet[next(alphabet.count)], at: place)
                case 1 where place < input.count: input[place] = alphabet[next(alphabet.count)]
                default: if place < input.count { input.remove(at: place) }
                }
            }
            if let found = violation(input) {
                Issue.record("\(found): \(input) (SEED=\(Self.seed))")
                return
            }
        }
    }
}
