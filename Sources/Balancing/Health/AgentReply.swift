import Model

/// One line of a server's agent (`agent_check`): what it wants changed. What it does not speak of stays as it is.
///
/// Words in any order and case, between spaces, tabs and commas; of words of one kind the last counts, unknown words are
/// ignored. After HAProxy's documentation and code (`tcpcheck_agent_expect_reply`), and compared with HAProxy 2.6 as it runs.
///
/// | word | effect, until another word revokes it |
/// |---|---|
/// | `75%`, `weight:75%` | the weight is so much of the configured one, 256 at most; with 0% nothing new |
/// | `weight:75` | the weight is that, 0 to 256 |
/// | `maxconn:30` | requests at once; 0 is unlimited |
/// | `drain`, `maint` | as an operator's state: no new requests; with `maint` no health checks either |
/// | `ready` | takes these back, an operator's too |
/// | `down`, `fail`, `stopped` | down, whatever the health checks say; which word it was is for the log |
/// | `up` | takes these back: the health checks decide again |
/// | `#` and what follows in the line | why; kept where the line has a word of health |
///
/// HAProxy 2.6 does not know `weight:`, and ignores `down#why` as an unknown word: it requires a blank before `#`.
package struct AgentReply: Sendable, Equatable {
    package enum Health: Sendable, Equatable { case up, down }

    /// Percent of the configured weight, at most 25,600 as HAProxy. One of this and `weight` is nil.
    package var weightPercent: Int?
    /// 0 to 256.
    package var weight: Int?
    /// 0 is unlimited; at most a million.
    package var maxconn: Int?
    package var admin: AdminState?
    package var health: Health?
    /// In HAProxy's form, the word of health and in brackets what followed `#`: `fail (disk full)`. Empty without a word of health.
    /// Printable ASCII without quotes, some 200 characters at most: an agent must not forge log lines.
    package var description = ""

    /// A longer line is no reply.
    package static let lineBound = 1024
    private static let reasonBound = 200

    package init() {}

    /// - Parameter line: without its end. nil where nothing in it is understood.
    package init?(line: borrowing Span<UInt8>) {
        var bytes: [UInt8] = []
        for index in line.indices { bytes.append(Self.printable(line[index])) }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        for word in parts[0].split(whereSeparator: { $0 == " " || $0 == "," }) { take(word.lowercased()) }
        guard health != nil || admin != nil || maxconn != nil || weightPercent != nil || weight != nil else { return nil }
        guard parts.count > 1, health != nil else { return }
        let reason = parts[1].drop { $0 == " " }.prefix(Self.reasonBound)
        if !reason.isEmpty { description += " (\(reason))" }
    }

    private mutating func take(_ word: String) {
        switch word {
        case "up": (health, description) = (.up, word)
        case "down", "fail", "stopped": (health, description) = (.down, word)
        case "ready", "drain", "maint": admin = AdminState(rawValue: word)
        case _ where word.hasPrefix("maxconn:"):
            if let limit = Self.number(word.dropFirst("maxconn:".count), most: 1_000_000) { maxconn = limit }
        case _ where word.hasPrefix("weight:"): takeWeight(word.dropFirst("weight:".count))
        case _ where word.hasSuffix("%"): takeWeight(word[...])
        default: break
        }
    }

    private mutating func takeWeight(_ word: Substring) {
        if word.hasSuffix("%") {
            if let percent = Self.number(word.dropLast(), most: 25600) { (weightPercent, weight) = (percent, nil) }
        } else if let absolute = Self.number(word, most: .max), absolute <= 256 {
            (weightPercent, weight) = (nil, absolute)
        }
    }

    /// Digits alone; what is over `most` counts as that.
    private static func number(_ text: Substring, most: Int) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy(ASCII.isDigit) else { return nil }
        return min(Int(text) ?? .max, most)
    }

    private static func printable(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0x09: 0x20
        case 0x22: 0x27
        case 0x20...0x7E: byte
        default: UInt8(ascii: ".")
        }
    }
}
