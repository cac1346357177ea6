import TestKit

/// What one connection of an attacker sends after the preface, and how it must end.
enum HTTP2Attack: String, CaseIterable, Sendable {
    /// CVE-2023-44487: a request and its reset.
    case rapidReset = "rapid_reset"
    /// CVE-2025-8671: a request, and an error that makes the server reset it.
    case madeYouReset = "provoked_resets"
    case settings = "settings_flood"
    case pings = "ping_flood"
    case priorities = "priority_flood"
    case emptyData = "empty_data"
    case continuations
    /// One entry in the table of HPACK, named over and over.
    case hpackBomb = "header_bomb"
    /// A window of no bytes that opens by one at a time.
    case tinyWindows = "window_updates"
    case unknownFrames = "other_frames"

    /// The metric's label, and the log's.
    var limit: String { rawValue }

    static let file = "/puppet-ca/v1/certificate/ca?environment=production"

    /// How many units are sent: ten times what the limit lets pass at once.
    var count: Int {
        switch self {
        case .rapidReset, .priorities: 2000
        case .madeYouReset: 1000
        case .settings: 200
        case .pings, .emptyData, .unknownFrames: 500
        case .continuations: 80
        case .hpackBomb: 20
        case .tinyWindows: 20_000
        }
    }

    /// SETTINGS of the attacker.
    var opening: HTTP2Frame { HTTP2Frame(.settings, self == .tinyWindows ? HTTP2Frame.setting(4, 0) : []) }

    /// The unit of that number, from 0 on.
    func unit(_ number: Int) -> [UInt8] {
        let id = UInt32(1 + 2 * number)
        switch self {
        case .rapidReset:
            return HTTP2Frame.head("GET", Self.file, stream: id).bytes + HTTP2Frame(.reset, stream: id, HTTP2Frame.bytes(8)).bytes
        case .madeYouReset:
            let overflow = HTTP2Frame(.windowUpdate, stream: id, HTTP2Frame.bytes(0x7FFF_FFFF))
            return HTTP2Frame.head("GET", Self.file, stream: id).bytes + overflow.bytes
        case .settings: return HTTP2Frame(.settings, HTTP2Frame.setting(4, 65_535)).bytes
        case .pings: return HTTP2Frame(.ping, [UInt8](repeating: 0, count: 8)).bytes
        case .priorities: return HTTP2Frame(.priority, stream: 1, HTTP2Frame.bytes(3) + [7]).bytes
        case .emptyData:
            let head = HTTP2Frame.head("PUT", "/puppet-ca/v1/certificate_request/agent.test", stream: 1, ends: false)
            return (number == 0 ? head.bytes : []) + HTTP2Frame(.data, stream: 1).bytes
        case .continuations:
            let head = HTTP2Frame(.headers, stream: 1, HTTP2Frame.block([(":method", "GET")]))
            return (number == 0 ? head.bytes : []) + HTTP2Frame(.continuation, stream: 1).bytes
        case .hpackBomb: return bomb(id)
        case .tinyWindows:
            let head = HTTP2Frame.head("GET", Self.file, stream: 1)
            return (number == 0 ? head.bytes : []) + HTTP2Frame(.windowUpdate, stream: 1, HTTP2Frame.bytes(1)).bytes
        case .unknownFrames: return [0, 0, 0, 0xFA, 0, 0, 0, 0, 0]
        }
    }

    /// 4,000 bytes, stored and then named 4,000 times by a byte each: 16 MB of fields in 8 KB.
    private func bomb(_ id: UInt32) -> [UInt8] {
        let first = [(":method", "GET"), (":scheme", "https"), (":authority", "puppet.test"), (":path", Self.file)]
        let entry = [0x40] + HTTP2Frame.text("x") + HTTP2Frame.text(String(repeating: "x", count: 4000))
        let block = HTTP2Frame.block(first) + entry + [UInt8](repeating: 0xBE, count: 4000)
        return HTTP2Frame(.headers, flags: HTTP2Frame.endHeaders | HTTP2Frame.endStream, stream: id, block).bytes
    }
}
