/// What a conversation may do, as HAProxy's `level`.
package enum AdminLevel: Int, Sendable, Comparable {
    case user, `operator`, admin

    package static func < (left: AdminLevel, right: AdminLevel) -> Bool { left.rawValue < right.rawValue }

    package var name: String {
        switch self {
        case .user: "user"
        case .operator: "operator"
        case .admin: "admin"
        }
    }
}
