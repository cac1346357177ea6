import Routing
import Testing

@Suite struct PatternTests {
    @Test(arguments: [
        ("production", "production", true), ("production", "productio", false), ("production", "productions", false), ("", "", true),
        ("", "a", false), ("*", "", true), ("*", "anything", true), ("**", "x", true), ("?", "x", true), ("?", "", false),
        ("?", "xy", false),
        ("feature_*", "feature_", true), ("feature_*", "feature_x1", true), ("feature_*", "feature", false),
        ("*.db.grnet.gr", "a.db.grnet.gr", true), ("*.db.grnet.gr", ".db.grnet.gr", true), ("*.db.grnet.gr", "a.db.grnet.grx", false),
        ("a*b*c", "aXbYbZc", true), ("a*b*c", "acb", false), ("*ab", "aab", true), ("*a?c*", "xxabcxx", true), ("*a?c", "xabcd", false),
        ("a.c", "abc", false), ("[a]", "a", false), ("[a]", "[a]", true), ("a+", "aa", false), ("Production", "production", false),
        ("?*?", "a", false), ("?*?", "ab", true), ("file_*", "file_metadata", true), ("*x*", "aaaaaaaa", false),
    ])
    func aGlobMatchesTheWholeWord(_ pattern: String, _ word: String, _ expected: Bool) {
        #expect(Pattern(pattern).matches(Array(word.utf8)) == expected)
    }

    @Test func caseIsFoldedOnlyWhereAsked() {
        #expect(Pattern("*.DB.example", ignoresCase: true).matches(Array("A.db.EXAMPLE".utf8)))
        #expect(!Pattern("*.DB.example").matches(Array("a.db.example".utf8)))
        #expect(!Pattern("[", ignoresCase: true).matches(Array("{".utf8)), "only letters have a case")
    }

    @Test(arguments: [("", 0, true), ("production", 10, true), ("feature_*", 8, false), ("*a?b*", 2, false), ("*", 0, false)])
    func literalsAreCounted(_ pattern: String, _ count: Int, _ isExact: Bool) {
        #expect(Pattern(pattern).literalCount == count)
        #expect(Pattern(pattern).isExact == isExact)
    }

    /// Exponential matching would not end.
    @Test func manyStarsStayBounded() {
        let word = [UInt8](repeating: 0x61, count: 5000)
        #expect(!Pattern(String(repeating: "*a", count: 50) + "b").matches(word))
        #expect(Pattern(String(repeating: "*a", count: 50)).matches(word))
    }
}
