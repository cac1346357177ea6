import Forwarding
import Model
import Testing

@Suite struct LocalResponseTests {
    func text(_ reason: Reason, close: Bool = false, omitsBody: Bool = false, isHTTP10: Bool = false, retryAfter: Int? = nil) -> String {
        var bytes: [UInt8] = []
        LocalResponse.append(
            reason, id: Array("id1".utf8), close: close, omitsBody: omitsBody, isHTTP10: isHTTP10, retryAfter: retryAfter, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aReasonBecomesOneLineOfText() {
        let answer = text(.noServer)
        #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(answer.hasSuffix("\r\n\r\nno_server id1\n"))
        #expect(answer.contains("\r\nContent-Length: 14\r\n"))
        #expect(!answer.contains("Connection:"))
    }

    @Test func headHasNoBodyButItsLength() {
        let answer = text(.noRoute, omitsBody: true)
        #expect(answer.hasSuffix("\r\n\r\n"))
        #expect(answer.contains("Content-Length: 13\r\n"))
    }

    @Test func connectionIsSaidWhereItMatters() {
        #expect(text(.badRequest, close: true).contains("\r\nConnection: close\r\n"))
        #expect(text(.noRoute, isHTTP10: true).contains("\r\nConnection: keep-alive\r\n"))
        #expect(text(.methodNotAllowed, close: true).contains("\r\nAllow: "))
    }

    @Test func retryAfterIsOneLineOfSeconds() {
        #expect(text(.overloaded, retryAfter: 1800).contains("\r\nRetry-After: 1800\r\n"))
        #expect(!text(.overloaded).contains("Retry-After"))
    }

    @Test func reasonsWithoutStatusHaveNoResponse() {
        #expect(text(.cut).isEmpty)
        #expect(text(.clientGone).isEmpty)
    }

    @Test(arguments: Reason.allCases.filter { $0.status != nil })
    func everyReasonHasAPhrase(_ reason: Reason) { #expect(!text(reason).hasPrefix("HTTP/1.1 \(reason.status ?? 0) Error")) }
}
