import HTTP1
import Model
import Testing

@Suite struct RequestParserTests {
    @Test func readsAnAgentsHead() throws {
        let request = try #require(
            try ParsedRequest(
                "POST /puppet/v3/catalog/agent.example?environment=production HTTP/1.1\r\nX-Puppet-Version: 7.23.0\r\n"
                    + "User-Agent: Puppet/7.23.0 Ruby/3.1.2-p20 (x86_64-linux-gnu)\r\nHost: puppet.example:8140\r\n"
                    + "Content-Type:application/x-www-form-urlencoded\r\nContent-Length: \t11409 \r\n\r\nbody"))
        #expect(request.head.method == .post)
        #expect(request.method == "POST")
        #expect(request.target == "/puppet/v3/catalog/agent.example?environment=production")
        #expect(request.head.version == .http11)
        #expect(request.host == "puppet.example:8140")
        #expect(request.head.framing == .contentLength(11409))
        #expect(request.head.keepAlive)
        #expect(!request.head.expectsContinue)
        #expect(request.head.length == request.bytes.count - 4)
        #expect(
            request.fields == [
                FieldText("X-Puppet-Version", "7.23.0", .puppetVersion),
                FieldText("User-Agent", "Puppet/7.23.0 Ruby/3.1.2-p20 (x86_64-linux-gnu)"),
                FieldText("Host", "puppet.example:8140", .host),
                FieldText("Content-Type", "application/x-www-form-urlencoded", .contentType),
                FieldText("Content-Length", "11409", .contentLength),
            ])
    }
}
