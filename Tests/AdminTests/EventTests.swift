import Admin
import Testing

struct EventTests {
    @Test func changesAndRefusalsAreToldTogetherTheYoungestFirst() {
        var host = FakeHost()
        host.service.events = [EventReport(time: 30, text: "reloaded"), EventReport(time: 10, text: "Server compilers/s1 is DOWN")]
        var failure = FailureReport()
        (failure.time, failure.id, failure.reason, failure.client) = (20, "0a1b2c-7", .revoked, "bad.test")
        host.service.failures = [failure]
        #expect(
            answer("show events", host: host) == """
                [1970-01-01T00:00:30Z] reloaded
                [1970-01-01T00:00:20Z] revoked id=0a1b2c-7 client=bad.test src= endpoint=- certname=- pool=- server=-
                [1970-01-01T00:00:10Z] Server compilers/s1 is DOWN


                """)
    }
}
