/// Who can view the pages of `admin.http`, and who can modify servers there.
///
/// | `token_file` | view | modify, with `allow_changes` |
/// |---|---|---|
/// | none | everybody who can connect | an operator's certificate |
/// | set | the token, or an operator's certificate | the same |
package struct AdminAccess: Sendable {
    package var allowsChanges = false
    package var token: AdminToken?
    /// Globs of certnames; nil: every verified certificate is an operator's.
    package var operators: [String]?
    package var isTLS = false
    /// Only the address, a loopback one, keeps others out.
    package var isGuardedByAddress = false
    /// Cookies know no port: this keeps those of several instances on one host apart.
    package var port: UInt16 = 0

    package init() {}

    var cookieName: String { "puppetfront_\(port)" }

    func caller(_ request: AdminRequest, _ sessions: AdminSessions, now: Int64) -> AdminCaller {
        if let token {
            if let guess = request.credentials("bearer"), token.matches(guess.utf8) { return .bearer }
            if let pair = request.credentials("basic").flatMap(Base64.decoded), let colon = pair.firstIndex(of: UInt8(ascii: ":")),
                token.matches(pair[(colon + 1)...])
            {
                return .password
            }
            if let number = request.cookie(cookieName), sessions.formToken(number, now: now) != nil { return .session(number) }
        }
        if let certname = request.certname, operators?.contains(where: { Glob.matches(certname, $0) }) ?? true {
            return .certificate(certname)
        }
        return .nobody
    }

    func canView(_ caller: AdminCaller) -> Bool { token == nil || caller != .nobody }
    func canModify(_ caller: AdminCaller) -> Bool { allowsChanges && caller != .nobody }

    /// What a browser sends along by itself, another site's page can make it send: then the form must bring its token back.
    func needsFormToken(_ request: AdminRequest, _ caller: AdminCaller) -> Bool {
        switch caller {
        case .nobody, .bearer: false
        case .session: true
        case .certificate, .password: request.isFromBrowser
        }
    }
}
