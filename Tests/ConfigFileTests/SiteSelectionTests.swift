import Model
import Settings
import Testing

@testable import ConfigFile

/// `--site`, else `PUPPETFRONT_SITE`, else the file's `site:`, else the only site there is.
@Suite struct SiteSelectionTests {
    struct Case: Sendable {
        let argument: String?
        let environment: String?
        let file: String?
        let sites: String
        /// nil: an error.
        let expected: String?
    }

    @Test(arguments: [
        Case(argument: "a", environment: "b", file: "c", sites: "{ a: {}, b: {}, c: {} }", expected: "a"),
        Case(argument: nil, environment: "b", file: "c", sites: "{ a: {}, b: {}, c: {} }", expected: "b"),
        Case(argument: nil, environment: "", file: "c", sites: "{ a: {}, b: {}, c: {} }", expected: "c"),
        Case(argument: nil, environment: nil, file: nil, sites: "{ a: }", expected: "a"),
        Case(argument: nil, environment: nil, file: nil, sites: "{ a: {}, b: {} }", expected: nil),
        Case(argument: "d", environment: nil, file: "c", sites: "{ a: {}, c: {} }", expected: nil),
        Case(argument: nil, environment: "d", file: "c", sites: "{ a: {}, c: {} }", expected: nil),
        Case(argument: "a", environment: nil, file: "d", sites: "{ a: {}, c: {} }", expected: nil),
    ])
    func theFirstThatSaysSomethingDecides(test: Case) {
        let file = test.file.map { "site: \($0)" } ?? ""
        let result = Fixtures.parse(
            Fixtures.minimal("sites: \(test.sites)\n\(file)"), site: test.argument, environmentSite: test.environment)
        #expect(result.settings?.site?.value == test.expected)
        #expect(result.errors.count == (test.expected == nil ? 1 : 0))
    }

    @Test func withoutSitesThereIsNone() {
        let result = Fixtures.parse(Fixtures.minimal())
        #expect(result.settings != nil && result.settings?.site == nil)
    }
}
