import HTTP1
import Model
import Testing

@Suite struct RequestLimitTests {
    private let limits = HeadLimits(head: 200, target: 50)

    @Test func takesAHeadThatJustFits() throws {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        let fitting = start + String(repeating: "v", count: 200 - start.utf8.count - 4) + "\r\n\r\n"
        #expect(try ParsedRequest(fitting, limits: limits)?.head.length == 200)
        let longer = start + String(repeating: "v", count: 200 - start.utf8.count - 3) + "\r\n\r\n"
        #expect(throws: RequestError.headTooLarge) { try ParsedRequest(longer, limits: limits) }
    }

    @Test func refusesAHeadAsSoonAsItCannotFit() throws {
        let begun = "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "v", count: 300)
        #expect(try ParsedRequest(begun.bytes(199), limits: limits) == nil)
        #expect(throws: RequestError.headTooLarge) { try ParsedRequest(begun.bytes(200), limits: limits) }
    }

    @Test func takesATargetThatJustFits() throws {
        let target = "/" + String(repeating: "t", count: 49)
        #expect(try ParsedRequest("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits)?.target == target)
        #expect(throws: RequestError.targetTooLong) { try ParsedRequest("GET \(target)t HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits) }
    }

    @Test func refusesATargetAsSoonAsItIsTooLong() throws {
        let begun = "GET /" + String(repeating: "t", count: 49)
        #expect(try ParsedRequest(begun, limits: limits) == nil)
        #expect(throws: RequestError.targetTooLong) { try ParsedRequest(begun + "t", limits: limits) }
    }

    @Test func boundsFieldsMethodsOptionsAndEmptyLines() throws {
        let start = "GET / HTTP/1.1\r\nHost: a\r\n"
        let few = String(repeating: "a:\r\n", count: 255)
        #expect(try ParsedRequest(start + few + "\r\n")?.head.fields.count == 256)
        #expect(throws: RequestError.headTooLarge) { try ParsedRequest(start + few + "a:\r\n\r\n") }

        let method = String(repeating: "M", count: 32)
        #expect(try ParsedRequest("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n")?.method == method)
        #expect(throws: RequestError.malformed(.method)) { try ParsedRequest("\(method)M") }

        let options = String(repeating: "a,", count: 64)
        #expect(try ParsedRequest(start + "Connection: \(options)\r\n\r\n") != nil)
        #expect(throws: RequestError.malformed(.connection)) { try ParsedRequest(start + "Connection: \(options)a\r\n\r\n") }

        let empty = String(repeating: "\r\n", count: 4)
        #expect(try ParsedRequest(empty + start + "\r\n")?.target == "/")
        #expect(throws: RequestError.malformed(.requestLine)) { try ParsedRequest(empty + "\r\n") }
    }
}
