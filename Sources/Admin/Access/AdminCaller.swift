/// Who asks on `admin.http`, as far as it is proved.
enum AdminCaller: Sendable, Equatable {
    case nobody
    /// A verified client certificate of an operator.
    case certificate(String)
    /// The token, as Bearer: no browser sends that by itself.
    case bearer
    /// The token, as a Basic password.
    case password
    /// Logged in with the token; the session's number.
    case session(String)

    /// Its key in `AdminSessions`.
    var key: String {
        switch self {
        case .nobody: "nobody"
        case .certificate(let name): "certificate \(name)"
        case .bearer: "bearer"
        case .password: "password"
        case .session(let number): number
        }
    }

    /// For the log.
    func words(_ source: String) -> String {
        switch self {
        case .nobody: source
        case .certificate(let name): "\(name) (certificate) from \(source)"
        case .bearer, .password: "\(source) (token)"
        case .session: "\(source) (logged in)"
        }
    }
}
