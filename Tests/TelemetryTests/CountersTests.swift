import Model
import Telemetry
import Testing

struct CountersTests {
    @Test func requestsAreCountedByStatusAndReason() {
        var counters = Counters()
        counters.countRequest(status: 200, reason: nil)
        counters.countRequest(status: 503, reason: .queueFull)
        counters.countRequest(status: 502, reason: .badResponse)
        counters.countRequest(status: nil, reason: .clientGone)
        counters.countRequest(status: 999, reason: nil)
        #expect(counters.requests == 5)
        #expect(counters.answers == [0, 1, 0, 0, 2])
        #expect(counters.reasons == [.queueFull: 1, .badResponse: 1, .clientGone: 1])
    }

    @Test func workersAddUp() {
        var left = Counters()
        left.connections = 2
        left.handshakes = 3
        left.countRequest(status: 404, reason: .noRoute)
        var right = left
        right.failedHandshakes = 1
        right.countRequest(status: 404, reason: .noRoute)
        left.merge(right)
        #expect((left.connections, left.handshakes, left.failedHandshakes, left.requests) == (4, 6, 1, 3))
        #expect(left.answers == [0, 0, 0, 3, 0])
        #expect(left.reasons == [.noRoute: 3])
    }
}
