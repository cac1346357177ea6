import Model
import Puppet
import PuppetInvariants
import Testing

@Suite struct CatalogJSONTests {
    private func posted(_ body: String, pieces: [Int] = [], limit: Int? = nil, target: String = "/puppet/v4/catalog") -> ClassifiedRequest {
        var request = PuppetRequest()
        let arriving = ArrivingBody(Array(body.utf8), contentType: "application/json")
        return arriving.classified(target: Array(target.utf8), pieces: pieces, limit: limit, reusing: &request)
    }

    static let plain = [
        #"{"certname":"a.example","environment":"body"}"#,
        #" { "environment" : "body" , "certname" : "a.example" } "#,
        #"{"persistence":{"facts":true,"catalog":false},"facts":{"values":{"environment":"x","certname":["}",{"a":"\"]}\\"}]}},"#
            + #""certname":"a.example","n":-1.5e3,"t":true,"z":null,"s":"\\\"}","environment":"body","e":{},"l":[]}"#,
        #"{"\u0065nvironment":"b\u006fdy","c\u0065rtname":"a\u002eexample"}"#,
        "{\n\t\"certname\":\r\n\"a.example\",\"environment\":\"body\",\"trusted_facts\":{\"values\":{\"certname\":\"b\"}}}",
    ]

    @Test(arguments: plain) func theTopLevelMembersAreFoundInPiecesOfEverySize(_ body: String) {
        for size in 1...body.utf8.count {
            let found = posted(body, pieces: Array(repeating: size, count: body.utf8.count / size))
            #expect(found.problem == nil)
            #expect(found.certname == Array("a.example".utf8))
            #expect(found.environment == Array("body".utf8))
            #expect(found.environmentSource == .body)
            #expect(found.form == .v4)
        }
    }

    @Test(arguments: [
        ("[]", Ambiguity.notJSON), ("x", .notJSON), ("{", .notJSON), (#"{"environment":"a""#, .notJSON),
        (#"{"environment" "a"}"#, .notJSON),
        (#"{,}"#, .notJSON), (#"{"a":1,}"#, .notJSON), (#"{"a":}"#, .notJSON), (#"{a:1}"#, .notJSON), (#"{"a":"\x"}"#, .notJSON),
        (#"{"a":"\u00g0"}"#, .notJSON), ("{\"a\":\"\n\"}", .notJSON), (#"{"a":1 2}"#, .notJSON),
        (#"{"environment":"a","environment":"b"}"#, .memberTwice), (#"{"certname":"a","x":1,"c\u0065rtname":"a"}"#, .memberTwice),
        (#"{"environment":1}"#, .memberNotString), (#"{"environment":["a"]}"#, .memberNotString), (#"{"certname":null}"#, .memberNotString),
        (#"{"certname":{}}"#, .memberNotString), (#"{"environment":""}"#, .environmentNotWord),
        (#"{"environment":"a b"}"#, .environmentNotWord), (#"{"environment":"a\n"}"#, .environmentNotWord),
        (#"{"environment":"\ud800"}"#, .environmentNotWord),
    ])
    func aBodyThatCouldBeReadTwoWaysIsRefused(_ body: String, _ expected: Ambiguity) {
        #expect(posted(body).problem == expected)
        #expect(posted(body, pieces: Array(repeating: 1, count: body.utf8.count)).problem == expected)
    }

    @Test func lengthsAndDepthAreBounded() {
        #expect(posted(#"{"environment":"\#(String(repeating: "e", count: 256))"}"#).problem == .environmentTooLong)
        #expect(posted(#"{"certname":"\#(String(repeating: "c", count: 1025))"}"#).problem == .memberTooLong)
        let deep = String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000)
        #expect(posted(#"{"facts":\#(deep),"environment":"body"}"#).environment == Array("body".utf8))
        #expect(posted(#"{"facts":[\#(deep)],"environment":"body"}"#).problem == .nestedTooDeeply)
    }

    @Test func escapesBecomeUTF8() {
        #expect(posted(#"{"certname":"\u00e9\ud83d\ude00\/\ud83d"}"#).certname == Array("é😀/\u{FFFD}".utf8))
    }

    @Test func nothingAfterTheObjectCounts() {
        #expect(posted(#"{"environment":"body"} {"environment":"b"}"#).environment == Array("body".utf8))
    }

    @Test func withoutABodyTheServerIsToSayNo() {
        let found = posted("")
        #expect(found.problem == nil)
        #expect(found.environmentSource == nil && found.certname.isEmpty)
    }

    @Test(arguments: ["/puppet/v4/catalog?environment=q", "/puppet/v3/compile?environment=q"])
    func aBodyThatIsNotReadWholeIsRefused(target: String) {
        let body = #"{"environment":"body","facts":"\#(String(repeating: "f", count: 5000))","certname":"a"}"#
        for limit in [0, 20, 1000, body.utf8.count - 1] {
            let found = posted(body, limit: limit, target: target)
            #expect(found.isTooLong && found.environment.isEmpty && found.environmentSource == nil && found.certname.isEmpty, "\(limit)")
        }
        #expect(posted(body, limit: body.utf8.count, target: target).environment == Array("body".utf8))
    }

    @Test func aCompilesBodyNamesItsEnvironment() {
        let found = posted(#"{"certname":"a","code_ast":{"x":["environment"]},"environment":"body"}"#, target: "/puppet/v3/compile")
        #expect(found.endpoint == .compile && found.environment == Array("body".utf8) && found.environmentSource == .body)
        #expect(found.certname == Array("a".utf8))
        #expect(posted("[]", target: "/puppet/v3/compile").problem == .notJSON)
    }

    @Test func theTransactionIsTaken() {
        #expect(posted(#"{"transaction_uuid":"a38d-1"}"#).transaction == Array("a38d-1".utf8))
    }

    @Test func aCodedBodyIsRefused() {
        var request = PuppetRequest()
        var arriving = ArrivingBody([0x1F, 0x8B])
        arriving.contentEncoding = Array("gzip".utf8)
        #expect(arriving.classified(target: Array("/puppet/v4/catalog".utf8), reusing: &request).problem == .encodedBody)
    }
}
