import Foundation
import Telemetry
import Testing

/// The first line of what a server said of a failed request.
struct ServerErrorTextTests {
    private static func line(_ content: String) -> String { line(Array(content.utf8)) }
    private static func line(_ content: [UInt8]) -> String { String(decoding: ErrorText.line(of: content), as: UTF8.self) }

    private static func bytes(_ base64: String) throws -> [UInt8] { Array(try #require(Data(base64Encoded: base64))) }

    /// gzip's fixed codes, of a JSON object of Puppet Server's.
    private static let fixedCodes =
        "H4sIAAAAAAAEA6tWyk0tLk5MT1WyUlAKTi0qSy1ScC0qyi+yUnAtS8wpTSzJzM+Di4AohfKMzJxUhVSobF66QqKCW2leMlihc2JOjo5CUn5+roJGGlCZlYJ+akmy"
        + "fkFpQUFqSU5iUrF+cn5Kqn5xZkmqXkGBjkJOZh5QjbGOQnJ+TmlunpWCqaYC0Jg8oCKF8tQkQ730orzUEiCppKOglFlcXJoan52ZlwJybFCoX4inr2u8a1CQf5BS"
        + "LQBcfHlJyQAAAA=="
    /// Codes of the text's own.
    private static let ownCodes =
        "H4sIAAAAAAACA41U7Y7EIAh8FV/NuHRjYvHiR5//7gARazfZP7utwsAMTDG/wB0dQ4sZXYoILviUXMipn3JwxAT8dHqMB9TmQvK1/kU2n/KbAwrU3EuAkfpT8qsz"
        + "7EyTBMArlownYHMVygWFqyoGIRoEuHzqvkV8S2nJwv/2TdwoQN0+5ytZ2wTVk8ZNrA2RW/mT+jaAeqEfpWGvFywr3HixNDYJt2aXg0GJRLQ4pJXKrw8fgL9RbXRL"
        + "pT5I9dibnbMeEpUp3ACnF+12bqVgrHwJQ49U+5ll29HrNe5xOHfKE5EnYHZyiMK22PboLhbxW4Y/3WOLbetlhjP03Fbl5kZys9hVHyc3Ttdw6yvmu6z9g+Dq6UlP"
        + "QBZfamkZ9G0u61pwZWt0vTLfEpuxO/UXtfdqotoEAAA="
    private static let ownText =
        "node function line call column line file line manifest class catalog file resource column production manifest catalog "
        + "environment server call resource file production evaluating class server node production catalog line production evalu"
        + "ating function environment file column evaluating environment column column server environment node node resource envi"
        + "ronment environment catalog file catalog production column production environment file environment function call produ"
        + "ction class manifest manifest production environment line production evaluating function catalog call evaluating envir"
        + "onment environment function server call function file node node catalog node manifest line call server function call f"
        + "ile function resource line call environment resource resource line environment catalog function catalog line call file"
        + " evaluating catalog class column evaluating call evaluating node file catalog resource catalog line environment node p"
        + "roduction server column production file resource call class call class function column resource server node line colum"
        + "n column call file function catalog evaluating server production call class node call environment call function line c"
        + "lass server function manifest call function environment column"
    /// A header with every part, and a block that is stored.
    private static let stored = "H4sIHgAAAAAAAwMAYWJjbmFtZQBub3RlABI0AQUA+v9oZWxsbw=="

    @Test(arguments: [
        ("Not Found: Could not find a\n", "Not Found: Could not find a"), ("", ""), (" \r\n\t\n", ""),
        ("\r\n  first \r\nsecond", "first"),
        (#"{"message":"Server Error: no such class\nat line 3","issue_kind":"X"}"#, "Server Error: no such class"),
        (#" { "issue_kind" : "X", "stacktrace":["a",{"message":"inner"}], "n": -1.5e3, "message" : "outer" }"#, "outer"),
        (#"{"message":"a \"b\" \\ \/ \u00e9 \ud83d\ude00 \ud800x\t."}"#, "a \"b\" \\ / é 😀 \u{FFFD}x\t."),
        (#"{"message":"cut in the mid"#, "cut in the mid"), (#"{"message":"cut \"#, "cut"), (#"{"message":"cut \u00"#, "cut \0"),
        (#"{"message":7}"#, #"{"message":7}"#), (#"{"error":"else"}"#, #"{"error":"else"}"#), ("{", "{"),
        ("<html><head><title>Error 404 Not Found</title>\n<body>x", "Error 404 Not Found"), ("<", ""),
    ])
    func theFirstLineOfTheMessage(content: String, expected: String) { #expect(Self.line(content) == expected) }

    @Test func compressedTextsAreRead() throws {
        let expected =
            "Server Error: Evaluation Error: Error while evaluating a Function Call, boom (file: /etc/puppetlabs/code/site.pp, line: 3, "
            + "column: 5) on node web1.grnet.gr"
        #expect(Self.line(try Self.bytes(Self.fixedCodes)) == expected)
        #expect(Self.line(try Self.bytes(Self.ownCodes)) == Self.ownText.prefix(300))
        #expect(Self.line(try Self.bytes(Self.stored)) == "hello")
    }

    /// What is cut or broken anywhere gives what there is, and never traps.
    @Test func brokenCompressionIsHarmless() throws {
        for text in [Self.fixedCodes, Self.ownCodes, Self.stored] {
            let whole = try Self.bytes(text)
            for count in 0...whole.count { _ = ErrorText.line(of: Array(whole[..<count])) }
            for place in whole.indices {
                for bit in 0..<8 {
                    var broken = whole
                    broken[place] ^= 1 << UInt8(bit)
                    #expect(ErrorText.line(of: broken).count <= ErrorText.lineBound)
                }
            }
        }
        let half = try Self.bytes(Self.ownCodes).prefix(200)
        let found = Self.line(Array(half))
        #expect(found.count > 20 && Self.ownText.hasPrefix(found), "\(found)")
    }

    @Test func aLineIsCutBetweenCharacters() {
        let text = "x" + String(repeating: "é", count: 400)
        #expect(Self.line(text) == "x" + String(repeating: "é", count: 149))
        #expect(Self.line(String(repeating: "a", count: 4096)).count == 300)
    }
}
