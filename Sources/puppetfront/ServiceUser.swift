import Glibc

/// The user that the service runs as: what root can read, it may not.
struct ServiceUser {
    /// That of the packaged unit.
    static let packaged = "puppetfront"

    let name: String
    private let number: uid_t
    private let group: gid_t

    /// nil: there is no such user.
    init?(_ name: String) {
        guard let entry = getpwnam(name) else { return nil }
        self.name = name
        number = entry.pointee.pw_uid
        group = entry.pointee.pw_gid
    }

    /// Makes this process the user's, with all groups of the user, for good.
    /// - Returns: the system's reason where that is not allowed; nil: done.
    func become() -> String? {
        if geteuid() == number { return nil }
        guard initgroups(name, group) == 0, setgid(group) == 0, setuid(number) == 0 else { return String(cString: strerror(errno)) }
        return nil
    }
}
