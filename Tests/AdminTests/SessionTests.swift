import Admin
import Testing

struct SessionTests {
    private func session() -> SessionReport {
        var session = SessionReport()
        session.id = 0x100_0000_0007
        session.state = .running
        // 2026-11-22 14:29:21.767569 UTC.
        session.startedAt = 1_795_357_761_767_569_000
        session.now = session.startedAt + 61_000_000_000
        session.source = "192.0.2.5:40000"
        session.listener = "agents"
        session.client = "web1.test"
        session.tls = "1.3"
        session.requests = 3
        session.descriptor = 12
        session.requestID = "0a1b2c-7"
        session.requestMilliseconds = 250
        session.method = "POST"
        session.target = "/puppet/v3/catalog/web1.test"
        session.endpoint = "catalog"
        session.certname = "web1.test"
        session.environment = "production"
        session.pool = "compilers"
        session.server = "s1"
        session.serverAddress = "192.0.2.1:8140"
        session.serverDescriptor = 13
        session.bytesIn = 400
        return session
    }

    private func host(_ sessions: SessionReport..., omitted: Int = 0) -> FakeHost {
        var host = FakeHost()
        var list = SessionList()
        list.sessions = sessions
        list.omitted = omitted
        host.finding = .sessions(list)
        return host
    }

    private let own =
        "state=running requests=3 client=web1.test id=0a1b2c-7 request_ms=250 endpoint=catalog certname=web1.test "
        + "environment=production method=POST target=\"/puppet/v3/catalog/web1.test\""

    @Test func aLineHasHAProxysWordsAndThenItsOwn() {
        #expect(
            answer("show sess", host: host(session()))
                == "0x10000000007: proto=tcpv4 src=192.0.2.5:40000 fe=agents be=compilers srv=s1 ts=00 epoch=0x0 age=1m1s calls=3 rate=0 cpu=0 "
                + "lat=0 rq[f=0h,i=400,an=00h,rx=,wx=,ax=] rp[f=0h,i=0,an=00h,rx=,wx=,ax=] scf=[8,0h,fd=12] scb=[8,0h,fd=13] exp= rc=0 c_exp= "
                + own + "\n\n")
    }

    @Test func anIdleOneHasNoServer() {
        var idle = SessionReport()
        idle.id = 0x100_0000_0001
        idle.source = "[2001:db8::1]:40000"
        idle.isV6 = true
        let line = answer("show sess", host: host(idle))
        #expect(line.hasPrefix("0x10000000001: proto=tcpv6 src=[2001:db8::1]:40000 fe= be=<NONE> srv=<none> ts=00 "))
        #expect(line.contains("scb=[0,0h,fd=-1]"))
        #expect(
            line.hasSuffix("state=idle requests=0 client=- id=- request_ms=- endpoint=- certname=- environment=- method=- target=\"\"\n\n"))
    }

    @Test func theOldestComesFirstAndWhatIsLeftOutIsCounted() {
        var younger = session()
        younger.id += 1
        younger.startedAt += 1
        let lines = answer("show sess", host: host(younger, session(), omitted: 4)).split(separator: "\n")
        #expect(lines.map { $0.prefix(14) } == ["0x10000000007:", "0x10000000008:", "# 4 more are n"])
    }

    @Test func oneIsShownInDetail() {
        var host = host(session())
        #expect(
            answer("show sess 0x10000000007", host: &host) == """
                0x10000000007: [22/Nov/2026:14:29:21.767569] id=1099511627783 proto=tcpv4 source=192.0.2.5:40000
                  flags=0x0, conn_retries=0, waiting=0 age=1m1s
                  frontend=agents (mode=http), fd=12 tls=1.3
                  backend=compilers (mode=http)
                  server=s1 addr=192.0.2.1:8140 fd=13
                  \(own)


                """)
        guard case .sessions(.one(0x100_0000_0007)) = host.inquiries.first else { return #expect(Bool(false), "\(host.inquiries)") }
        #expect(answer("show sess 0x7", host: self.host()) == "Session not found.\n\n")
        #expect(answer("show sess 0xg", host: self.host()) == "Session not found.\n\n")
    }

    @Test func oneIsShutDown() {
        var host = host(session())
        #expect(answer("shutdown session 0x10000000007", host: &host) == "\n")
        guard case .sessions(.end(0x100_0000_0007)) = host.inquiries.first else { return #expect(Bool(false), "\(host.inquiries)") }
        #expect(answer("shutdown session 0x1", host: self.host()) == "No such session (use 'show sess').\n\n")
        #expect(answer("shutdown session", host: host) == "Session pointer expected (use 'show sess').\n\n")
        #expect(answer("shutdown session x", host: host) == "Session pointer expected (use 'show sess').\n\n")
        #expect(answer("shutdown session 0x1", level: .operator, host: host) == "Permission denied\n\n")
        #expect(answer("show sess", level: .user, host: host) == "Permission denied\n\n")
    }
}
