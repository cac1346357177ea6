import Model
import Puppet
import PuppetInvariants
import Testing

@Suite struct FormBodyTests {
    private func posted(
        _ body: String, to target: String = "/puppet/v3/catalog/a?environment=q", type: String = "application/x-www-form-urlencoded",
        coding: String = "", limit: Int? = nil
    ) -> ClassifiedRequest {
        var request = PuppetRequest()
        var arriving = ArrivingBody(Array(body.utf8), contentType: type)
        arriving.contentEncoding = Array(coding.utf8)
        return arriving.classified(target: Array(target.utf8), limit: limit, reusing: &request)
    }

    /// As Puppet Server 7.9.5 does, measured.
    @Test func theBodysEnvironmentGoesBeforeTheQuerys() {
        let found = posted("facts_format=pson&facts=%257B&environment=body&transaction_uuid=a38d20ca-c505")
        #expect(found.problem == nil)
        #expect(found.environment == Array("body".utf8))
        #expect(found.environmentSource == .body)
        #expect(found.transaction == Array("a38d20ca-c505".utf8))
        #expect(found.certname == Array("a".utf8))
    }

    @Test(arguments: ["", "facts=x", "configured_environment=body", "facts=environment%3Dbody", "Environment=body", "x;environment=body"])
    func withoutOneInTheBodyTheQuerysCounts(_ body: String) {
        let found = posted(body)
        #expect(found.environment == Array("q".utf8))
        #expect(found.environmentSource == .query)
        #expect(posted(body, to: "/puppet/v3/catalog/a").environmentSource == nil)
    }

    @Test(arguments: [
        ("environment=a&environment=b", Ambiguity.environmentTwice), ("environment=a&x=1&environment=a", .environmentTwice),
        ("environment=a&%65nvironment=a", .environmentTwice), ("environment=", .environmentNotWord), ("environment", .environmentNotWord),
        ("environment=a+b", .environmentNotWord), ("environment=a%2Fb", .environmentNotWord), ("environment=a%0a", .environmentNotWord),
        ("%=1", .brokenParameterName), ("%\u{FF16}5nvironment=evil", .brokenParameterName),
    ])
    func aFormThatCouldBeReadTwoWaysIsRefused(_ body: String, _ expected: Ambiguity) { #expect(posted(body).problem == expected) }

    @Test func aPuppet3FormMustAgreeWithItsPath() {
        #expect(posted("facts=x", to: "/p/catalog/a").environmentSource == .path)
        #expect(posted("environment=p", to: "/p/catalog/a").environment == Array("p".utf8))
        #expect(posted("environment=q", to: "/p/catalog/a").problem == .environmentsDisagree)
    }

    @Test(arguments: [
        ("application/x-www-form-urlencoded", true), ("application/x-www-form-urlencoded; charset=UTF-8", true),
        ("application/x-www-form-urlencoded;charset=\"utf-8\"", true), ("application/x-www-form-urlencoded; charset=iso-8859-1; a=b", true),
        ("application/json", false), ("", false), ("text/pson", false), ("application/x-www-form-urlencode", false),
        ("multipart/form-data; boundary=x", false),
    ])
    func onlyAFormIsReadAsOne(_ type: String, _ isForm: Bool) {
        #expect(posted("environment=body", type: type).environmentSource == (isForm ? .body : .query))
    }

    @Test(arguments: [
        ("Application/X-WWW-Form-Urlencoded", "", Ambiguity.formTypeCase),
        ("application/x-www-form-urlencoded; charset=utf-16", "", .formCharset),
        ("application/x-www-form-urlencoded; charset=utf-8; charset=utf-7", "", .formCharset),
        ("application/x-www-form-urlencoded;CHARSET=ibm037", "", .formCharset),
        ("application/x-www-form-urlencoded", "gzip", .encodedBody), ("application/x-www-form-urlencoded", "identity, gzip", .encodedBody),
    ])
    func aFormThatCannotBeReadIsRefused(_ type: String, _ coding: String, _ expected: Ambiguity) {
        #expect(posted("environment=body", type: type, coding: coding).problem == expected)
    }

    @Test func theIdentityCodingIsNone() { #expect(posted("environment=body", coding: "Identity").environmentSource == .body) }

    @Test func aTypeThatIsNoFormNeedsNoBody() {
        var request = PuppetRequest()
        _ = request.classify(method: .post, target: Array("/puppet/v3/catalog/a?environment=q".utf8).span)
        let none: [UInt8] = []
        let found = request.classifyBody(none.span, contentType: Array("text/pson".utf8).span, contentEncoding: none.span, extent: .growing)
        #expect(found == .complete)
    }

    /// 250 KB of facts before the environment, as agents send them; byte by byte this ends soon only if no byte is read twice.
    @Test func theEnvironmentAfterManyFactsIsFoundInPiecesOfAnySize() {
        let body =
            "facts_format=application%2Fjson&facts=" + String(repeating: "%257B%2522", count: 25_000)
            + "&environment=body&configured_environment=other&transaction_uuid=a38d20ca-c505&static_catalog=true"
        let arriving = ArrivingBody(Array(body.utf8))
        var request = PuppetRequest()
        for size in [1, 7, 1460, 16_384, 300_000] {
            let pieces = Array(repeating: size, count: arriving.bytes.count / size + 1)
            let found = arriving.classified(target: Array("/puppet/v3/catalog/a?environment=q".utf8), pieces: pieces, reusing: &request)
            #expect(found.environment == Array("body".utf8))
            #expect(found.transaction == Array("a38d20ca-c505".utf8))
        }
    }

    /// Agents send the environment after the facts: what comes after the part that is read may be it, or a second one.
    @Test func aFormThatIsNotReadWholeIsRefused() {
        let body = "facts=" + String(repeating: "f", count: 1000) + "&environment=body&x=y"
        for limit in [0, 10, 1006, 1018, 1024, body.utf8.count - 1] {
            let found = posted(body, limit: limit)
            #expect(found.isTooLong && found.problem == nil && found.environment.isEmpty && found.environmentSource == nil, "\(limit)")
        }
        #expect(posted(body, limit: body.utf8.count).environment == Array("body".utf8))
        #expect(posted("environment=a&environment=b&x=y", limit: 28).problem == .environmentTwice, "that is known already")
        #expect(!posted(body, type: "text/pson", limit: 10).isTooLong, "no form: nothing in it decides")
    }
}
