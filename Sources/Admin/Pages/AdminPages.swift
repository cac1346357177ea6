/// What `admin.http` serves: `/metrics`, `/healthz`, `/readyz`, the stats page and its forms. Decides who can view and modify what; knows
/// who is logged in. Values in, values out: the Engine keeps one for its listener.
package struct AdminPages: Sendable {
    /// What one response is made with.
    package struct Moment {
        /// Seconds of the monotonic clock.
        let now: Int64
        /// Fresh strings, not to be guessed.
        let random: () -> String

        package init(now: Int64, random: @escaping () -> String) {
            self.now = now
            self.random = random
        }
    }

    private enum Page {
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
    /// When the log last had a wrong token, by the monotonic clock.
    private var lastWarning: Int64 = 0

    package init(_ access: AdminAccess) { self.access = access }

    /// After a reload. Another token logs everybody out.
    package mutating func adopt(_ access: AdminAccess) {
        if access.token != self.access.token { sessions = AdminSessions() }
        self.access = access
    }

    /// Whether the response shows the requests that run now, which the workers must be asked for. Not for callers who cannot view them.
    package func needsRequests(_ request: AdminRequest, now: Int64) -> Bool {
        guard request.isRead, Page(request.target.path) == .stats, Self.statForm(request.target) == nil, isAllowed(request, .stats) else {
            return false
        }
        return access.canView(access.caller(request, sessions, now: now))
    }

    /// - Parameter requests: those that run now, where `needsRequests`; nil: the workers did not say in time
    package mutating func answer(
        _ request: AdminRequest, _ moment: Moment, requests: SessionList? = nil, host: inout some AdminHost
    ) -> AdminAnswer {
        guard let page = Page(request.target.path) else {
            return AdminAnswer(404, "not found: there are /, /metrics, /healthz and /readyz\n")
        }
        guard request.isRead && page != .logout || request.method == .post && page.takesForms else { return Self.wrongMethod(page) }
        guard isAllowed(request, page) else {
            return AdminAnswer(421, "only for addresses and localhost in Host: set token_file to use another name\n")
        }
        switch page {
        case .login where access.token == nil: return .seeOther("/")
        case .login: return request.isRead ? login(200, nil, moment) : logIn(request, moment)
        case .logout: return logOut(request, moment)
        case .stats where !request.isRead: return modify(request, moment, &host)
        case .stats: return render(request, moment) { Self.stats(request.target, $0, requests, nonce: $1, host) }
        case .metrics: return render(request, moment) { _, _ in AdminAnswer(200, Metrics.contentType, Metrics.text(host.report())) }
        case .health: return AdminAnswer(200, "ok\n")
        case .readiness: return Self.readiness(host.readiness())
        }
    }

    /// Where only the address protects the page, requests with another host name are rejected.
    private func isAllowed(_ request: AdminRequest, _ page: Page) -> Bool {
        !access.isGuardedByAddress || request.namesThisHost || page.isForMonitors
    }

    private static func wrongMethod(_ page: Page) -> AdminAnswer {
        var answer = AdminAnswer(405, "method_not_allowed\n")
        answer.fields = [("Allow", page == .logout ? "POST" : page.takesForms ? "GET, HEAD, POST" : "GET, HEAD")]
        return answer
    }

    // MARK: Viewing

    /// The CA does not decide: agents that have their certificates go on without it.
    private static func readiness(_ readiness: Readiness) -> AdminAnswer {
        let authority = readiness.caIsUsable.map { $0 ? "yes" : "no" } ?? "none"
        let lines = [
            "ready: \(readiness.isReady ? "yes" : "no")", "draining: \(readiness.isDraining ? "yes" : "no")",
            "default pool usable: \(readiness.defaultPoolIsUsable ? "yes" : "no")", "CA usable: \(authority)",
            "agents' certificates accepted: \(readiness.tlsFault.map { "no (\($0))" } ?? "yes")",
        ]
        return AdminAnswer(readiness.isReady ? 200 : 503, lines.map { $0 + "\n" }.joined())
    }

    private mutating func render(
        _ request: AdminRequest, _ moment: Moment, _ make: (StatsPage.Rights, _ nonce: String) -> AdminAnswer
    ) -> AdminAnswer {
        let caller = access.caller(request, sessions, now: moment.now)
        guard access.canView(caller) else {
            if request.accept?.contains("text/html") == true { return .seeOther("/login") }
            var answer = AdminAnswer(401, "a token is needed\n")
            answer.fields = [("WWW-Authenticate", "Bearer realm=\"puppetfront\"")]
            answer.warning = request.authorization == nil ? nil : warning(request, moment)
            return answer
        }
        var rights = StatsPage.Rights()
        if access.canModify(caller) {
            rights.formToken =
                sessions.formToken(caller.key, now: moment.now) ?? sessions.begin(caller.key, now: moment.now, random: moment.random)
        }
        if case .session(let number) = caller { rights.logOutToken = sessions.formToken(number, now: moment.now) }
        return make(rights, moment.random())
    }

    /// `csv`, `json` or `typed`; nil: the page.
    private static func statForm(_ target: AdminTarget) -> String? { ["csv", "json", "typed"].first(where: target.words.contains) }

    private static func stats(
        _ target: AdminTarget, _ rights: StatsPage.Rights, _ requests: SessionList?, nonce: String, _ host: some AdminHost
    ) -> AdminAnswer {
        if let form = statForm(target) {
            let words = [form, "no-maint", "up"].filter { $0 != "csv" && target.words.contains($0) }
            return AdminAnswer(
                200, form == "json" ? "application/json" : "text/plain; charset=utf-8", StatCommands.text(words, host.report()))
        }
        let note = ServerForm.Result.allCases.first { target.words.contains("st=\($0.rawValue)") }
        let view = PageView(target)
        let page = StatsPage(
            report: host.report(), sessions: requests, runs: view.agent.isEmpty ? [] : host.runs(of: view.agent), view: view,
            rights: rights, note: note?.text, nonce: nonce)
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

    // MARK: Modifying

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

    /// The response leads back to the view that the form was in.
    private func modify(_ request: AdminRequest, _ moment: Moment, _ host: inout some AdminHost) -> AdminAnswer {
        guard access.allowsChanges else { return AdminAnswer(403, "changes are not allowed here: admin.http.allow_changes\n") }
        let caller = access.caller(request, sessions, now: moment.now)
        guard access.canModify(caller) else { return AdminAnswer(403, "changes need the token or an operator's certificate\n") }
        if let refusal = refusal(request, caller, moment) { return refusal }
        let (result, done) = ServerForm.perform(request.form, on: &host)
        let path = request.target.path.isEmpty ? "/" : request.target.path
        let view = PageView(query: request.form["view"] ?? "")
        var answer = AdminAnswer.seeOther("\(path);st=\(result.rawValue)\(view == PageView() ? "" : view.query)")
        answer.events = done.map { "\($0), on the page by \(caller.words(request.source))" }
        return answer
    }
}
