/// What `admin.http` answers: `/metrics`, `/healthz`, `/readyz`, the stats page and its forms. Decides who may see and do what; knows who
/// is logged in. Values in, values out: the Engine keeps one for its listener.
package struct AdminPages: Sendable {
    /// What one answer is made with.
    package struct Moment {
        /// Seconds of the monotonic clock.
        let now: Int64
        /// Fresh words, not to be guessed.
        let random: () -> String

        package init(now: Int64, random: @escaping () -> String) {
            self.now = now
            self.random = random
        }
    }

    private enum Place {
        case stats, metrics, health, readiness, login, logout

        init?(_ path: String) {
            switch path {
            case "", "/", "/stats", "/haproxy": self = .stats
            case "/metrics": self = .metrics
            case "/healthz": self = .health
            case "/readyz": self = .readiness
            case "/login": self = .login
            case "/logout": self = .logout
            default: return nil
            }
        }

        var takesForms: Bool { self == .stats || self == .login || self == .logout }
        var isForMonitors: Bool { self == .health || self == .readiness }
    }

    private(set) var access: AdminAccess
    private var sessions = AdminSessions()
    /// When a wrong token was last told of, by the monotonic clock.
    private var lastWarning: Int64 = 0

    package init(_ access: AdminAccess) { self.access = access }

    /// After a reload. Another token logs everybody out.
    package mutating func adopt(_ access: AdminAccess) {
        if access.token != self.access.token { sessions = AdminSessions() }
        self.access = access
    }

    package mutating func answer(_ request: AdminRequest, _ moment: Moment, host: inout some AdminHost) -> AdminAnswer {
        guard let place = Place(request.target.path) else {
            return AdminAnswer(404, "not found: there are /, /metrics, /healthz and /readyz\n")
        }
        let isLook = request.method == .get || request.method == .head
        guard isLook && place != .logout || request.method == .post && place.takesForms else { return Self.wrongMethod(place) }
        guard !access.isGuardedByAddress || request.namesThisHost || place.isForMonitors else {
            return AdminAnswer(421, "only for addresses and localhost in Host: set token_file to be asked by another name\n")
        }
        switch place {
        case .login where access.token == nil: return .seeOther("/")
        case .login: return isLook ? login(200, nil, moment) : logIn(request, moment)
        case .logout: return logOut(request, moment)
        case .stats where !isLook: return change(request, moment, &host)
        case .stats: return look(request, moment) { Self.stats(request.target, $0, nonce: $1, host.report()) }
        case .metrics: return look(request, moment) { _, _ in AdminAnswer(200, Metrics.contentType, Metrics.text(host.report())) }
        case .health: return AdminAnswer(200, "ok\n")
        case .readiness: return Self.answer(host.readiness())
        }
    }

    private static func wrongMethod(_ place: Place) -> AdminAnswer {
        var answer = AdminAnswer(405, "method_not_allowed\n")
        answer.fields = [("Allow", place == .logout ? "POST" : place.takesForms ? "GET, HEAD, POST" : "GET, HEAD")]
        return answer
    }

    // MARK: Looking

    /// The CA does not decide: agents that have their certificates go on without it.
    private static func answer(_ readiness: Readiness) -> AdminAnswer {
        let authority = readiness.caIsUsable.map { $0 ? "yes" : "no" } ?? "none"
        let lines = [
            "ready: \(readiness.isReady ? "yes" : "no")", "draining: \(readiness.isDraining ? "yes" : "no")",
            "default pool usable: \(readiness.defaultPoolIsUsable ? "yes" : "no")", "CA usable: \(authority)",
        ]
        return AdminAnswer(readiness.isReady ? 200 : 503, lines.map { $0 + "\n" }.joined())
    }

    private mutating func look(
        _ request: AdminRequest, _ moment: Moment, _ make: (StatsPage.Rights, _ nonce: String) -> AdminAnswer
    ) -> AdminAnswer {
        let caller = access.caller(request, sessions, now: moment.now)
        guard access.mayLook(caller) else {
            if request.accept?.contains("text/html") == true { return .seeOther("/login") }
            var answer = AdminAnswer(401, "a token is needed\n")
            answer.fields = [("WWW-Authenticate", "Bearer realm=\"puppetfront\"")]
            answer.warning = request.authorization == nil ? nil : warning(request, moment)
            return answer
        }
        var rights = StatsPage.Rights()
        if access.mayChange(caller) {
            rights.formToken =
                sessions.formToken(caller.key, now: moment.now) ?? sessions.begin(caller.key, now: moment.now, random: moment.random)
        }
        if case .session(let number) = caller { rights.logOutToken = sessions.formToken(number, now: moment.now) }
        return make(rights, moment.random())
    }

    private static func stats(_ target: AdminTarget, _ rights: StatsPage.Rights, nonce: String, _ report: ServiceReport) -> AdminAnswer {
        if let form = ["csv", "json", "typed"].first(where: target.words.contains) {
            let words = [form, "no-maint", "up"].filter { $0 != "csv" && target.words.contains($0) }
            return AdminAnswer(200, form == "json" ? "application/json" : "text/plain; charset=utf-8", StatCommands.text(words, report))
        }
        let note = ServerForm.Result.allCases.first { target.words.contains("st=\($0.rawValue)") }
        let page = StatsPage(report, certname: target["certname"] ?? "", rights: rights, note: note?.words, nonce: nonce)
        return .page(200, page.html, nonce: nonce)
    }

    // MARK: Logging in and out

    private func login(_ status: Int, _ fault: String?, _ moment: Moment) -> AdminAnswer {
        let nonce = moment.random()
        return .page(status, StatsPageLogin.html(fault: fault, nonce: nonce), nonce: nonce)
    }

    private mutating func logIn(_ request: AdminRequest, _ moment: Moment) -> AdminAnswer {
        guard !request.isFromElsewhere else { return Self.fromElsewhere }
        guard let token = access.token, token.matches((request.form["token"] ?? "").utf8) else {
            var answer = login(403, "That is not the token.", moment)
            answer.warning = warning(request, moment)
            return answer
        }
        let number = moment.random()
        _ = sessions.begin(number, now: moment.now, random: moment.random)
        var answer = AdminAnswer.seeOther("/")
        answer.fields.append(("Set-Cookie", cookie(number, life: AdminSessions.life)))
        return answer
    }

    private mutating func logOut(_ request: AdminRequest, _ moment: Moment) -> AdminAnswer {
        let caller = access.caller(request, sessions, now: moment.now)
        if let refusal = refusal(request, caller, moment) { return refusal }
        sessions.end(caller.key)
        var answer = AdminAnswer.seeOther("/")
        answer.fields.append(("Set-Cookie", cookie("", life: 0)))
        return answer
    }

    private func cookie(_ value: String, life: Int64) -> String {
        "\(access.cookieName)=\(value); Path=/; Max-Age=\(life); HttpOnly; SameSite=Strict\(access.isTLS ? "; Secure" : "")"
    }

    /// At most one in ten seconds, so that guesses do not fill the log.
    private mutating func warning(_ request: AdminRequest, _ moment: Moment) -> String? {
        guard moment.now >= lastWarning + 10 else { return nil }
        lastWarning = moment.now
        return "admin.http: a wrong token from \(request.source)"
    }

    // MARK: Changing

    private static let fromElsewhere = AdminAnswer(403, "another site's page sent this form: nothing was done\n")

    /// nil: it may be done.
    private func refusal(_ request: AdminRequest, _ caller: AdminCaller, _ moment: Moment) -> AdminAnswer? {
        if request.isFromElsewhere { return Self.fromElsewhere }
        guard access.needsFormToken(request, caller) else { return nil }
        guard let wanted = sessions.formToken(caller.key, now: moment.now), request.form["form_token"] == wanted else {
            return AdminAnswer(403, "the form's token is missing or old: load the page again; nothing was done\n")
        }
        return nil
    }

    private func change(_ request: AdminRequest, _ moment: Moment, _ host: inout some AdminHost) -> AdminAnswer {
        guard access.allowsChanges else { return AdminAnswer(403, "changes are not allowed here: admin.http.allow_changes\n") }
        let caller = access.caller(request, sessions, now: moment.now)
        guard access.mayChange(caller) else { return AdminAnswer(403, "changes need the token or an operator's certificate\n") }
        if let refusal = refusal(request, caller, moment) { return refusal }
        let (result, done) = ServerForm.perform(request.form, on: &host)
        let path = request.target.path.isEmpty ? "/" : request.target.path
        var answer = AdminAnswer.seeOther("\(path);st=\(result.rawValue)")
        answer.events = done.map { "\($0), on the page by \(caller.words(request.source))" }
        return answer
    }
}
