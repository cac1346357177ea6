import Admin
import Testing

struct EventTests {
    @Test func changesAndRefusalsAreListedTogetherTheNewestFirst() {
        var host = FakeHost()
        host.service.events = [EventReport(time: 30, text: "reloaded"), EventReport(time: 10, text: "Server compilers/s1 is DOWN")]
        var failure = FailureReport()
        (failure.time, failure.id, failure.reason, failure.client) = (20, "0a1b2c-7", .request(.revoked), "bad.test")
        host.service.failures = [failure]
        #expect(
            answer("show events", host: host) == """
                [1970-01-01T00:00:30Z] reloaded
                [1970-01-01T00:00:20Z] revoked id=0a1b2c-7 client=bad.test src= endpoint=- certname=- pool=- server=-
                [1970-01-01T00:00:10Z] Server compilers/s1 is DOWN


                """)
    }

    @Test func errorsSayWhatFailedAndWhy() {
        var host = FakeHost()
        host.service.process.now = 100
        var (server, handshake) = (FailureReport(), FailureReport())
        (server.time, server.reason, server.status, server.id, server.listener, server.source) = (
            20, .serverError, 500, "7", "agents", "192.0.2.1"
        )
        (server.client, server.endpoint, server.certname, server.environment) = ("web1.test", "catalog", "web1.test", "production")
        (server.pool, server.server, server.target, server.errorText) = (
            "compilers", "s1", "/puppet/v3/catalog/web1.test", "Evaluation Error: \"x\""
        )
        (handshake.time, handshake.reason, handshake.listener, handshake.source) = (
            10, .handshake(.certificateRevoked), "agents", "192.0.2.2"
        )
        (handshake.certname, handshake.serial, handshake.cause) = ("bad.test", "0A", "certificate revoked")
        host.service.failures = [server, handshake]
        #expect(
            answer("show errors", host: host) == """
                Total events captured on [1970-01-01T00:01:40Z] : 2

                [1970-01-01T00:00:20Z] server_error status=500 id=7 listener=agents src=192.0.2.1 client=web1.test endpoint=catalog \
                certname=web1.test environment=production pool=compilers server=s1 target="/puppet/v3/catalog/web1.test" \
                error="Evaluation Error: \\"x\\""

                [1970-01-01T00:00:10Z] certificate_revoked status=- id=- listener=agents src=192.0.2.2 client=- endpoint=- \
                certname=bad.test environment=- pool=- server=- target="" serial=0A cause="certificate revoked"


                """)
    }

    /// A v4 catalog's certname is in its body, the agent's version in a header field.
    @Test func nothingThatAnAgentSaysBreaksALineOrAColumn() {
        var host = FakeHost()
        var failure = FailureReport()
        (failure.time, failure.reason, failure.certname) = (20, .request(.noServer), "a b\n[1970-01-01T00:00:21Z] reloaded\u{1B}\\\u{85}é")
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
