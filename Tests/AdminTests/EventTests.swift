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

    /// A v4 catalog's certname is what its body says, a version what a header says.
    @Test func nothingThatAnAgentSaysBreaksALineOrAColumn() {
        var host = FakeHost()
        var failure = FailureReport()
        (failure.time, failure.reason, failure.certname) = (20, .noServer, "a b\n[1970-01-01T00:00:21Z] reloaded\u{1B}\\\u{85}é")
        host.service.failures = [failure]
        let word = "certname=a\\x20b\\x0a[1970-01-01T00:00:21Z]\\x20reloaded\\x1b\\x5c\\x85é "
        for command in ["show events", "show errors"] {
            #expect(answer(command, host: host).contains(word), "\(answer(command, host: host))")
        }
        var run = CertnameReport()
        (run.certname, run.agentVersion, run.transaction) = ("web 1", "8.2 0", "\n")
        host.service.certnames = [run]
        #expect(answer("show certnames", host: host).split(separator: "\n").map { $0.split(separator: " ").count } == [13, 12])
        (host.sticks[0].key, host.sticks[0].server) = ("a b", "s1")
        #expect(answer("show table compilers", host: host).contains(": key=a\\x20b use=0 "))
    }
}
