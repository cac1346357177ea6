import Model
import Puppet
import PuppetInvariants
import Testing

@Suite struct AmbiguityTests {
    @Test(arguments: [
        ("", Ambiguity.notOriginForm), ("puppet/v3/catalog/a", .notOriginForm), ("?environment=p", .notOriginForm), ("**", .notOriginForm),
        ("http://x/puppet", .notOriginForm), ("/a#b", .fragment), ("/a#?b", .fragment),
        ("/%", .brokenPercent), ("/%2", .brokenPercent), ("/a%2?b", .brokenPercent), ("/%zz", .brokenPercent), ("/%u0041", .brokenPercent),
        ("/%+1", .brokenPercent), ("/puppet/v3/catalog/a%2Fb", .encodedSlash), ("/puppet%2fv3/catalog/a", .encodedSlash),
        ("/ocsp%2Fa", .encodedSlash),
        ("/ocsp/a%2F..%2Fb", .relativeSegment), ("/puppet-ca/v1/certificate/a%2Fb", .encodedSlash),
        ("/a%00", .controlByte), ("/a%0d%0aX:%20y", .controlByte), ("/a%7f", .controlByte), ("/a b", .controlByte),
        ("/a\u{1}", .controlByte),
        ("/%ff", .notUTF8), ("/%c0%af", .notUTF8), ("/%ed%a0%80", .notUTF8), ("/%f5%80%80%80", .notUTF8), ("/%e2%82", .notUTF8),
        ("/.", .relativeSegment), ("/..", .relativeSegment), ("/./a", .relativeSegment), ("/a/../b", .relativeSegment),
        ("/puppet/v3/catalog/a/..", .relativeSegment), ("/puppet/v3/../../puppet-ca/v1/sign/all", .relativeSegment),
        ("/a/%2e%2e/b", .relativeSegment), ("/a/.%2E", .relativeSegment), ("/a/..;x/b", .relativeSegment), ("/a/%2e;/b", .relativeSegment),
        ("/my-env/catalog/a", .environmentNotWord), ("//my.env/node/a", .environmentNotWord), ("/Caf%C3%A9/report/a", .environmentNotWord),
        ("/p/catalog/a?environment=q", .environmentsDisagree),
        ("/p/catalog/a?environment=p&environment=p", .environmentTwice),
    ])
    func aTargetThatCouldBeReadTwoWaysIsRefused(_ target: String, _ expected: Ambiguity) {
        #expect(classified(target).problem == expected)
    }

    @Test(arguments: [
        ("environment=a&environment=b", Ambiguity.environmentTwice), ("environment=a&environment=a", .environmentTwice),
        ("environment=a&%65nvironment=b", .environmentTwice), ("environment=", .environmentNotWord), ("environment", .environmentNotWord),
        ("environment=a-b", .environmentNotWord), ("environment=a+b", .environmentNotWord), ("environment=a%20", .environmentNotWord),
        ("environment=a%0A", .environmentNotWord), ("environment=a%", .environmentNotWord), ("environment=a%4", .environmentNotWord),
        ("environment=a;b=c", .environmentNotWord), ("environment=..%2f", .environmentNotWord), ("environment=%C3%A9", .environmentNotWord),
        ("environment==a", .environmentNotWord), ("x=1&%zz=2", .brokenParameterName), ("%\u{FF16}5nvironment=a", .brokenParameterName),
    ])
    func aQueryThatCouldBeReadTwoWaysIsRefused(_ query: String, _ expected: Ambiguity) {
        for path in ["/puppet/v3/catalog/a", "/puppet/v3/file_metadata/m/f", "/puppet/v3/report/a"] {
            #expect(classified("\(path)?\(query)").problem == expected)
        }
    }

    @Test func anEnvironmentIsAtMost255BytesLong() {
        let longest = String(repeating: "e", count: 255)
        #expect(classified("/puppet/v3/node/a?environment=\(longest)").environment.count == 255)
        #expect(classified("/puppet/v3/node/a?environment=\(longest)e").problem == .environmentTooLong)
        #expect(classified("/\(longest)/node/a").environment.count == 255)
        #expect(classified("/\(longest)e/node/a").problem == .environmentTooLong)
    }

    @Test func aRequestThatFollowsARefusedOneIsReadAfresh() {
        var request = PuppetRequest()
        _ = ClassifiedRequest(method: .post, target: Array("/p/catalog/evil?environment=q&transaction_uuid=1".utf8), reusing: &request)
        let found = ClassifiedRequest(method: .get, target: Array("/status/v1/simple".utf8), reusing: &request)
        #expect(found == classified("/status/v1/simple"))
        #expect(found.certname.isEmpty && found.environment.isEmpty && found.transaction.isEmpty && found.environmentSource == nil)
    }
}
