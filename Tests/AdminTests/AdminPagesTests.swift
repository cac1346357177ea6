import Admin
import Testing

/// Which clients may read and change on `admin.http`.
struct AdminPagesTests {
    private static let token = "0123456789abcdef-token"
    private static let basic = "Basic b3BzOjAxMjM0NTY3ODlhYmNkZWYtdG9rZW4="  // ops: and the token

    private static func access(token: String? = token, operators: [String]? = nil) throws -> AdminAccess {
        var access = AdminAccess()
        access.allowsChanges = true
        access.token = try token.map { try AdminToken(file: Array("\($0)\n".utf8)) }
        access.operators = operators
        access.port = 8141
        return access
    }

    /// Pages and a service; random words are counted.
    private struct World {
        var pages: AdminPages
        var host = FakeHost()
        var now: Int64 = 1000

        init(_ access: AdminAccess) { pages = AdminPages(access) }

        mutating func ask(_ target: String, _ method: AdminRequest.Method = .get, _ fill: (inout AdminRequest) -> Void = { _ in })
            -> AdminAnswer
        {
            var request = AdminRequest(target: AdminTarget(target))
            request.method = method
            request.source = "192.0.2.9"
            request.host = "127.0.0.1:8141"
            fill(&request)
            var count = 0
            let base = now
            return pages.answer(
                request,
                AdminPages.Moment(now: now) {
                    count += 1
                    return "random-\(base)-\(count)"
                }, host: &host)
        }

        mutating func post(_ form: String, _ fill: (inout AdminRequest) -> Void = { _ in }) -> AdminAnswer {
            ask("/stats", .post) {
                $0.form = FormText(form)
                fill(&$0)
            }
        }
    }

    private static func text(_ answer: AdminAnswer) -> String { String(decoding: answer.body, as: UTF8.self) }
    private static func field(_ answer: AdminAnswer, _ name: String) -> String? { answer.fields.first { $0.name == name }?.value }
    private static func formToken(_ answer: AdminAnswer) -> String? {
        text(answer).components(after: "name=\"form_token\" value=\"").map { String($0.prefix { $0 != "\"" }) }
    }

    // MARK: Looking

    @Test func withoutATokenThePageIsReadOnly() throws {
        var world = World(try Self.access(token: nil))
        #expect(world.ask("/").status == 200)
        #expect(world.ask("/metrics").status == 200)
        #expect(Self.formToken(world.ask("/")) == nil, "nothing to change")
        #expect(world.post("s=s1&b=compilers&action=drain").status == 403)
        #expect(world.host.actions.isEmpty)
    }

    @Test(arguments: ["/metrics", "/;csv", "/stats;json", "/haproxy?stats"])
    func withATokenNothingIsShownWithoutIt(_ target: String) throws {
        var world = World(try Self.access())
        let answer = world.ask(target)
        #expect(answer.status == 401 && Self.field(answer, "WWW-Authenticate") == "Bearer realm=\"puppetfront\"")
        #expect(world.ask(target) { $0.authorization = "Bearer \(Self.token)" }.status == 200)
        #expect(world.ask(target) { $0.authorization = "bearer  \(Self.token)" }.status == 200)
        #expect(world.ask(target) { $0.authorization = Self.basic }.status == 200, "as HAProxy's stats auth")
        for wrong in [
            "Bearer", "Bearer \(Self.token)x", "Bearer 0123456789abcdef", "Basic b3BzOnRva2Vu", "Basic !", "Digest \(Self.token)", "",
        ] {
            #expect(world.ask(target) { $0.authorization = wrong }.status == 401, "\(wrong)")
        }
        let browser = world.ask(target) { $0.accept = "text/html,application/xhtml+xml" }
        #expect(browser.status == 303 && Self.field(browser, "Location") == "/login")
    }

    /// As HAProxy's page: words after `;`.
    @Test func theCountersComeInTheFormsOfShowStat() throws {
        var world = World(try Self.access(token: nil))
        world.host.set("s2", .maint)
        for (target, command) in [
            ("/;csv", "show stat"), ("/;json", "show stat json"), ("/;typed", "show stat typed"),
            ("/stats;csv;no-maint", "show stat no-maint"),
            ("/;json;up;norefresh", "show stat json up"), ("/haproxy?stats;csv;up", "show stat up"),
        ] {
            let answer = world.ask(target)
            #expect(Self.text(answer) + "\n" == AdminTests.answer(command, host: world.host), "\(target)")
            #expect(answer.contentType.hasPrefix(target.contains("json") ? "application/json" : "text/plain"))
        }
        #expect(Self.text(world.ask("/;csv")) != Self.text(world.ask("/;csv;no-maint")))
    }

    @Test func healthIsShownToEverybody() throws {
        var world = World(try Self.access())
        #expect(world.ask("/healthz").status == 200)
        #expect(world.ask("/readyz").status == 503)
        #expect(Self.field(world.ask("/healthz", .post), "Allow") == "GET, HEAD")
    }

    @Test func wrongTokensAreLoggedNowAndThen() throws {
        var world = World(try Self.access())
        #expect(world.ask("/metrics") { $0.authorization = "Bearer x" }.warning == "admin.http: a wrong token from 192.0.2.9")
        #expect(world.ask("/metrics") { $0.authorization = "Bearer x" }.warning == nil)
        world.now += 10
        #expect(world.ask("/login", .post) { $0.form = FormText("token=x") }.warning != nil)
    }

    @Test(arguments: [
        ("evil.example:8141", false), ("127.0.0.1:8141", true), ("localhost", true), ("puppet.localhost:1", true), ("[::1]:8141", true),
        ("", true),
        ("127.0.0.1.evil.example", false),
    ])
    func whereOnlyTheAddressGuardsOtherNamesAreRejected(_ host: String, _ isAnswered: Bool) throws {
        var access = try Self.access(token: nil)
        access.isGuardedByAddress = true
        var world = World(access)
        #expect(world.ask("/") { $0.host = host }.status == (isAnswered ? 200 : 421))
        #expect(world.ask("/readyz") { $0.host = host }.status == 503, "monitors ask by any name")
    }

    // MARK: Logging in

    @Test func whoLogsInLooksAndChangesUntilLoggingOut() throws {
        var world = World(try Self.access())
        #expect(world.ask("/login").status == 200)
        #expect(world.ask("/login", .post) { $0.form = FormText("token=nearly") }.status == 403)
        let answer = world.ask("/login", .post) { $0.form = FormText("token=\(Self.token)") }
        #expect(answer.status == 303 && Self.field(answer, "Location") == "/")
        let cookie = try #require(Self.field(answer, "Set-Cookie"))
        #expect(cookie.hasSuffix("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"), "\(cookie)")
        let pair = String(cookie.prefix { $0 != ";" })
        #expect(pair.hasPrefix("puppetfront_8141="))
        let formToken = try #require(Self.formToken(world.ask("/") { $0.cookie = "other=1; \(pair)" }))
        let form = "s=s1&b=compilers&action=drain"
        #expect(world.post(form) { $0.cookie = pair }.status == 403, "without the form's token")
        #expect(world.post(form + "&form_token=random") { $0.cookie = pair }.status == 403)
        #expect(world.host.actions.isEmpty)
        let done = world.post(form + "&form_token=\(formToken)") { $0.cookie = pair }
        #expect(done.status == 303 && Self.field(done, "Location") == "/stats;st=DONE")
        #expect(done.events == ["Server compilers/s1: drain, on the page by 192.0.2.9 (logged in)"])
        #expect(world.host.actions == [.setState(.s1, .drain)])
        #expect(world.ask("/logout", .post) { $0.cookie = pair }.status == 403)
        let out = world.ask("/logout", .post) { ($0.cookie, $0.form) = (pair, FormText("form_token=\(formToken)")) }
        #expect(Self.field(out, "Set-Cookie")?.contains("Max-Age=0") == true)
        #expect(world.ask("/") { $0.cookie = pair }.status == 401)
    }

    @Test func aSessionEndsInTimeAndWithItsToken() throws {
        var world = World(try Self.access())
        func logIn() throws -> String {
            let answer = world.ask("/login", .post) { $0.form = FormText("token=\(Self.token)") }
            return String(try #require(Self.field(answer, "Set-Cookie")).prefix { $0 != ";" })
        }
        let first = try logIn()
        world.pages.adopt(try Self.access())
        #expect(world.ask("/") { $0.cookie = first }.status == 200, "a reload changes nothing")
        world.now += 12 * 3600
        #expect(world.ask("/") { $0.cookie = first }.status == 401)
        let second = try logIn()
        world.pages.adopt(try Self.access(token: "another-token-of-theirs"))
        #expect(world.ask("/") { $0.cookie = second }.status == 401)
    }

    @Test func overTLSTheCookieGoesNoOtherWay() throws {
        var access = try Self.access()
        access.isTLS = true
        var world = World(access)
        let answer = world.ask("/login", .post) { $0.form = FormText("token=\(Self.token)") }
        #expect(Self.field(answer, "Set-Cookie")?.hasSuffix("; Secure") == true)
    }

    // MARK: Changing

    @Test(arguments: [
        ("s=s1&s=s2&b=compilers&action=maint", "DONE", 2), ("s=s1&b=%232&action=ready", "DONE", 1), ("s=s1&b=%233&action=ready", "DONE", 1),
        ("b=compilers&action=drain", "NONE", 0), ("s=s1&b=compilers&action=explode", "ERRP", 0), ("s=s1&b=nobody&action=drain", "ERRP", 0),
        ("s=s1&b=%231&action=drain", "ERRP", 0),
        ("s=s1&b=%23-9223372036854775808&action=drain", "ERRP", 0), ("s=s1&b=%239223372036854775807&action=drain", "ERRP", 0),
        ("s=s1&action=drain", "ERRP", 0), ("", "ERRP", 0),
    ])
    func formsAreHAProxys(_ form: String, _ result: String, _ count: Int) throws {
        var world = World(try Self.access())
        let answer = world.post(form) { $0.authorization = "Bearer \(Self.token)" }
        #expect(answer.status == 303 && Self.field(answer, "Location") == "/stats;st=\(result)")
        #expect(world.host.actions.count == count && answer.events.count == count)
    }

    @Test func anUnknownServerIsReported() throws {
        var world = World(try Self.access())
        world.host.outcome = .refused("No such server.")
        let answer = world.post("s=gone&b=compilers&action=drain") { $0.authorization = "Bearer \(Self.token)" }
        #expect(Self.field(answer, "Location") == "/stats;st=ERRP" && answer.events.isEmpty)
        #expect(
            Self.text(world.ask("/stats;st=ERRP") { $0.authorization = "Bearer \(Self.token)" }).contains(
                "The form is not valid: nothing was done."))
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:8141", "same-origin", true), ("https://127.0.0.1:8141", nil, true), ("http://evil.example", nil, false),
            ("null", nil, false), (nil, "cross-site", false), (nil, "same-site", false), ("http://127.0.0.1:8142", nil, false),
        ] as [(String?, String?, Bool)])
    func formsOfOtherSitesAreRefused(_ origin: String?, _ fetchSite: String?, _ isOwn: Bool) throws {
        var world = World(try Self.access())
        let answer = world.post("s=s1&b=compilers&action=drain") {
            ($0.authorization, $0.origin, $0.fetchSite) = ("Bearer \(Self.token)", origin, fetchSite)
        }
        #expect(answer.status == (isOwn ? 303 : 403))
        #expect(world.host.actions.isEmpty != isOwn)
        let login = world.ask("/login", .post) {
            ($0.form, $0.origin, $0.fetchSite) = (FormText("token=\(Self.token)"), origin, fetchSite)
        }
        #expect(login.status == (isOwn ? 303 : 403))
    }

    @Test func anOperatorsCertificateChangesAndAnAgentsDoesNot() throws {
        var world = World(try Self.access(token: nil, operators: ["ops*.example.org"]))
        let form = "s=s1&b=compilers&action=drain"
        #expect(world.post(form) { $0.certname = "web1.example.org" }.status == 403)
        let done = world.post(form) { $0.certname = "ops1.example.org" }
        #expect(
            done.status == 303
                && done.events == ["Server compilers/s1: drain, on the page by ops1.example.org (certificate) from 192.0.2.9"])
        func fromBrowser(_ request: inout AdminRequest) {
            (request.certname, request.origin) = ("ops1.example.org", "http://127.0.0.1:8141")
        }
        #expect(world.post(form, fromBrowser).status == 403, "browsers show certificates unasked")
        let formToken = try #require(Self.formToken(world.ask("/") { $0.certname = "ops1.example.org" }))
        #expect(world.post(form + "&form_token=\(formToken)", fromBrowser).status == 303)
        #expect(Self.formToken(world.ask("/") { $0.certname = "web1.example.org" }) == nil)
        var both = World(try Self.access(operators: ["ops*"]))
        #expect(both.ask("/") { $0.certname = "ops1" }.status == 200 && both.ask("/") { $0.certname = "web1" }.status == 401)
    }

    @Test func whereChangesAreNotAllowedTheTokenLooksOnly() throws {
        var access = try Self.access()
        access.allowsChanges = false
        var world = World(access)
        #expect(Self.formToken(world.ask("/") { $0.authorization = "Bearer \(Self.token)" }) == nil)
        #expect(world.post("s=s1&b=compilers&action=drain") { $0.authorization = "Bearer \(Self.token)" }.status == 403)
        #expect(world.host.actions.isEmpty)
    }

    @Test(arguments: [
        "short", "0123456789abcde\n0", "with a blank inside of it", "zweiundzwanzig-ümlaute", "", String(repeating: "x", count: 1025),
    ])
    func tokensThatAreNoneAreRefused(_ text: String) {
        #expect(throws: AdminToken.Defect.self) { try AdminToken(file: Array(text.utf8)) }
    }
}

extension String {
    /// The text after `mark`; nil if it is not there.
    fileprivate func components(after mark: String) -> Substring? { firstRange(of: mark).map { self[$0.upperBound...] } }
}
