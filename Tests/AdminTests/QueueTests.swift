import Admin
import Balancing
import Model
import Testing

struct QueueTests {
    private func host() -> FakeHost {
        var host = FakeHost()
        host.service.pools[0].queued = 12
        host.service.pools[0].queuedByClass = [.compile: 9, .quick: 3]
        host.service.pools[0].longestWaits = [.compile: .seconds(61), .quick: .milliseconds(7)]
        host.service.pools[0].averageQueue = 6
        host.service.pools[0].overHolderShare = [.compile: 4]
        host.service.pools[0].overUnverifiedShare = [.quick: 2]
        return host
    }

    @Test func requestsAreShownByPoolAndClass() {
        #expect(
            answer("show queue compilers", level: .user, host: host()) == """
                # pool    class     queued oldest_ms pool_queued queue_size timeout_ms avg_queue over_holder_share over_unverified_share
                compilers authority 0      -         12          9          580000     6         0                 0
                compilers quick     3      7         12          9          580000     6         0                 2
                compilers compile   9      61000     12          9          580000     6         4                 0


                """)
        #expect(answer("show queue", host: host()).split(separator: "\n").count == 7)
        #expect(answer("show queue nowhere") == "Can't find backend.\n\n")
    }

    @Test func certnamesAreAligned() {
        var host = FakeHost()
        var (one, two) = (CertnameReport(), CertnameReport())
        (one.certname, one.environment, one.pool, one.status, one.requests) = ("a.test", "production", "compilers", 200, 7)
        (two.certname, two.server, two.agentVersion, two.catalogMilliseconds) = ("longer-name.test", "s1", "8.10.0", 1234)
        host.service.certnames = [one, two]
        #expect(
            answer("show certnames", host: host) == """
                # certname       last_request         last_catalog catalog_ms status environment pool      server last_report requests agent  transaction
                a.test           1970-01-01T00:00:00Z -            -          200    production  compilers -      -           7        -      -
                longer-name.test 1970-01-01T00:00:00Z -            1234       0      -           -         s1     -           0        8.10.0 -


                """)
    }
}
