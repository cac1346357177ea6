import Foundation
import Testing

@testable import ConfigFile

/// docs/configuration.md and the tests use the same example.
@Suite struct ReferenceTests {
    private func reference() throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: Fixtures.root + "/docs/configuration.md")), as: UTF8.self)
    }

    @Test func theExampleIsTheTestedOne() throws {
        let text = try reference()
        let start = try #require(text.range(of: "```yaml\nsite: eie\n"))
        let end = try #require(text.range(of: "```", range: start.upperBound..<text.endIndex))
        let example = text[start.lowerBound..<end.lowerBound].dropFirst("```yaml\n".count)
        let fixture = try Fixtures.text("contract.yaml").split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)[1]
        #expect(example == fixture)
    }
}
