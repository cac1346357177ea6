/// The reply to one command of a conversation that began with `_status`: `STATUS BYTES`, a line end, the text.
struct StatusReply: Equatable {
    enum Status: String {
        case done, refused, failed

        var exit: Int32 {
            switch self {
            case .done: 0
            case .failed: 1
            case .refused: 2
            }
        }
    }

    let status: Status
    let text: String

    /// nil: something else than whole replies.
    static func parse(_ bytes: [UInt8]) -> [StatusReply]? {
        var replies: [StatusReply] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let end = rest.firstIndex(of: 0x0A) else { return nil }
            let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
            guard words.count == 2, let status = Status(rawValue: String(words[0])), let count = Int(words[1]), count >= 0 else {
                return nil
            }
            rest = rest[(end + 1)...]
            guard count <= rest.count else { return nil }
            replies.append(StatusReply(status: status, text: String(decoding: rest.prefix(count), as: UTF8.self)))
            rest = rest.dropFirst(count)
        }
        return replies
    }
}
