import Testing

@testable import ConfigFile

/// Every mistake has its own file, and next to it the expected diagnostics: `NAME.yaml` and `NAME.expected`.
@Suite struct MistakeTests {
    static let cases = Fixtures.names("mistakes", ".yaml")

    @Test func everyFileHasItsExpectation() {
        let expected = Fixtures.names("mistakes", ".expected").map { $0.dropLast(".expected".count) }
        #expect(expected == MistakeTests.cases.map { $0.dropLast(".yaml".count) })
        #expect(expected.count >= 30)
    }

    @Test(arguments: cases) func givesExactlyTheExpectedDiagnostics(name: String) throws {
        let expected = try Fixtures.text("mistakes/\(name.dropLast(".yaml".count)).expected")
        let result = ConfigurationLoader.parse(
            try Fixtures.bytes("mistakes/\(name)"), file: name, baseFolder: "/conf", unusable: MistakeTests.unusable)
        let given = result.diagnostics.map { $0.description + "\n" }.joined()
        #expect(given == expected)
        #expect((result.settings == nil) == expected.contains(": error: "))
    }

    /// Every file can be read and run but those called so.
    @Sendable private static func unusable(_ path: String, _ use: FileAccess.Use) -> String? {
        path.contains("missing") ? "no such file" : nil
    }
}
