import Model

/// `show sess` and `shutdown session`. HAProxy's lines (2.6), followed by puppetfront's own fields; a session is an agent's connection.
enum SessionCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature
    typealias Input = AdminCommands.CommandInput
    typealias Result = AdminCommands.CommandResult

    static let all: [Command] = [
        Command(
            Signature(
                "show sess", [.optional([.oneOf([[.keyword("all")], [.value("id")]])])], "connections of agents and their requests",
                level: .operator), show),
        Command(Signature("shutdown session", [.value("id")], "close one of `show sess`", level: .admin)) { input in
            guard let id = input.words.first.flatMap(number) else { return .refused("Session pointer expected (use 'show sess').\n") }
            return .ask(.sessions(.end(id))) { finding in
                sessions(finding).isEmpty ? .refused("No such session (use 'show sess').\n") : .done()
            }
        },
    ]

    @Sendable private static func show(_ input: Input) -> Result {
        let word = input.words.first
        guard let word, word != "all" else {
            return .ask(.sessions(.list(limit: limit))) { .done(list($0, inDetail: word == "all")) }
        }
        guard let id = number(word) else { return .refused("Session not found.\n") }
        return .ask(.sessions(.one(id))) { finding in
            sessions(finding).first.map { .done(detail($0)) } ?? .refused("Session not found.\n")
        }
    }

    /// Sessions shown of all workers together.
    private static let limit = 1000

    /// `0x` and hexadecimal digits.
    private static func number(_ word: String) -> UInt64? {
        guard word.hasPrefix("0x") else { return nil }
        return UInt64(word.dropFirst(2), radix: 16)
    }

    private static func sessions(_ finding: AdminFinding) -> [SessionReport] {
        guard case .sessions(let list) = finding else { return [] }
        return list.sessions
    }

    private static func list(_ finding: AdminFinding, inDetail: Bool) -> String {
        guard case .sessions(let list) = finding else { return "" }
        let oldestFirst = list.sessions.sorted { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }
        let text = oldestFirst.map(inDetail ? detail : line).joined()
        return list.omitted == 0 ? text : text + "# \(list.omitted) more are not shown\n"
    }

    // MARK: Lines

    private static func line(_ session: SessionReport) -> String {
        "\(id(session)): proto=\(protocolName(session)) src=\(session.source) fe=\(session.listener) be=\(session.pool.orNowhere) "
            + "srv=\(session.server.isEmpty ? "<none>" : session.server) ts=00 epoch=0x0 age=\(age(session.age)) calls=\(session.requests) "
            + "rate=0 cpu=0 lat=0 rq[f=0h,i=\(session.bytesIn),an=00h,rx=,wx=,ax=] rp[f=0h,i=0,an=00h,rx=,wx=,ax=] "
            + "scf=[8,0h,fd=\(session.descriptor)] scb=[\(serverState(session)),0h,fd=\(session.serverDescriptor)] exp= rc=\(session.retries) "
            + "c_exp= \(own(session))\n"
    }

    private static func detail(_ session: SessionReport) -> String {
        let began = "[\(Timestamps.logDate(session.startedAt))]"
        var text = "\(id(session)): \(began) id=\(session.id) proto=\(protocolName(session)) source=\(session.source)\n"
        text += "  flags=0x0, conn_retries=\(session.retries), waiting=\(session.state == .queued ? 1 : 0) age=\(age(session.age))\n"
        text += "  frontend=\(session.listener) (mode=http), fd=\(session.descriptor) tls=\(session.tls.asWord)\n"
        text += "  backend=\(session.pool.orNowhere) (mode=http)\n"
        text += "  server=\(session.server.orNowhere) addr=\(session.serverAddress.asWord) fd=\(session.serverDescriptor)\n"
        text += "  \(own(session))\n"
        return text
    }

    /// The words of `show errors`, in its order.
    private static func own(_ session: SessionReport) -> String {
        "state=\(session.state.rawValue) requests=\(session.requests) client=\(session.client.asWord) id=\(session.requestID.asWord) "
            + "request_ms=\(session.requestID.isEmpty ? "-" : "\(session.requestMilliseconds)") endpoint=\(session.endpoint.asWord) "
            + "certname=\(session.certname.asWord) environment=\(session.environment.asWord) method=\(session.method.asWord) "
            + "target=\(JSONString.text(session.target))" + (session.isHTTP2 ? " http=2 streams=\(session.requestsUnderWay)" : "")
    }

    private static func id(_ session: SessionReport) -> String { "0x" + String(session.id, radix: 16) }
    private static func protocolName(_ session: SessionReport) -> String { session.isV6 ? "tcpv6" : "tcpv4" }

    /// HAProxy's numbers of a stream connector's state: nothing, in the queue, connecting, established.
    private static func serverState(_ session: SessionReport) -> Int {
        switch session.state {
        case .queued: 2
        case .connecting: 5
        case .running, .responding: 8
        case .handshake, .idle, .reading, .closing: 0
        }
    }

    /// The two greatest units, as HAProxy's `human_time`.
    static func age(_ seconds: Int64) -> String {
        if seconds >= 86_400 { return "\(seconds / 86_400)d\(seconds / 3600 % 24)h" }
        if seconds >= 3600 { return "\(seconds / 3600)h\(seconds / 60 % 60)m" }
        if seconds >= 60 { return "\(seconds / 60)m\(seconds % 60)s" }
        return "\(seconds)s"
    }
}

extension String {
    fileprivate var orNowhere: String { isEmpty ? "<NONE>" : self }
}
