import Balancing
import Model
import Settings

/// What outlives a process: the servers' states as operators, checks and agents set them, and the sticks. `state_file` holds it, and `--takeover`
/// hands it over.
///
/// The text is `show servers state` (version 1, HAProxy's format, so that a file of HAProxy's can be read too) and, after `#`, what that
/// has no field for:
///
///     #saved SECONDS-SINCE-1970
///     #configured POOL SERVER HOST PORT              where the line above has another address, or writes it otherwise
///     #maxconn POOL SERVER N
///     #anycast auto|on|off SECONDS                   what an operator set, and what is left of the hold-down
///     #stick POOL KEY SERVER MILLISECONDS-LEFT       oldest first; in KEY all but printable ASCII as %XX
package struct SavedState: Sendable, Equatable {
    package struct Server: Sendable, Equatable {
        package var pool = ""
        package var name = ""
        /// As configured: a name where that has one.
        package var host = ""
        package var port: UInt16 = 0
        /// What a name stood for.
        package var resolved: String?
        package var admin = AdminState.ready
        /// nil: the configured one.
        package var weight: Int?
        package var configuredWeight = 1
        /// nil: the configured one.
        package var maxconn: Int?
        package var isUp = true
        /// Of its health checks; nil: it has none.
        package var counter: Int?
        package var isChecked = true
        package var isAgentAsked = true
    }

    package struct Stick: Sendable, Equatable {
        package var pool = ""
        package var key: [UInt8] = []
        package var server = ""
        /// Milliseconds until it expires.
        package var remaining: Int64 = 0
    }

    package struct Fault: Error, Equatable {
        /// Counted from 1.
        package let line: Int
        package let message: String
    }

    package struct Anycast: Sendable, Equatable {
        package var override = AnycastOverride.auto
        /// Seconds; 0: no hold-down.
        package var heldDown: Int64 = 0
    }

    package var servers: [Server] = []
    /// nil: that instance announced nothing.
    package var anycast: Anycast?
    package var sticks: [Stick] = []
    /// Seconds since 1970; nil: not known.
    package var savedAt: Int64?

    // MARK: Writing

    /// - Parameter sticks: of a pool, the youngest first
    package static func text(_ report: ServiceReport, savedAt: Int64, sticks: (String) -> [StickReport]) -> String {
        var text = ServersState.text(report, pool: nil) + "#saved \(savedAt)\n"
        if let anycast = report.anycast { text += "#anycast \(anycast.override.rawValue) \(anycast.heldDown ?? 0)\n" }
        for pool in report.pools {
            for server in pool.servers {
                let (configured, place) = (server.state.settings.address, server.place)
                let isAsConfigured = configured.literal == nil || configured.host == place.host
                if !isAsConfigured || "\(configured.port)" != place.port {
                    text += "#configured \(pool.name) \(server.state.name) \(configured.host) \(configured.port)\n"
                }
                if let limit = server.state.agent.maxconn { text += "#maxconn \(pool.name) \(server.state.name) \(limit)\n" }
            }
            for stick in sticks(pool.name).reversed() where !stick.server.isEmpty {
                text += "#stick \(pool.name) \(escaped(stick.key)) \(stick.server) \(stick.remaining)\n"
            }
        }
        return text
    }

    private static func escaped(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: "%") }) else { return key }
        let digits = Array("0123456789ABCDEF")
        return key.utf8.reduce(into: "") { text, byte in
            if byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "%") {
                text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            } else {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
    }

    // MARK: Reading

    /// Every line is understood, or nothing is taken.
    package init(_ content: [UInt8]) throws(Fault) {
        var number = 0
        var places: [String: Int] = [:]
        for line in content.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            let words = line.split(separator: 0x20)
            if number == 1 {
                guard line.elementsEqual("1".utf8) else { throw Fault(line: 1, message: "no state of version 1") }
            } else if line.first == UInt8(ascii: "#") {
                guard take(remark: words, places) else { throw Fault(line: number, message: "not understood") }
            } else if !words.isEmpty {
                guard let server = Server(words.map { String(decoding: $0, as: UTF8.self) }) else {
                    throw Fault(line: number, message: "no 25 fields of a server")
                }
                places["\(server.pool)/\(server.name)"] = servers.count
                servers.append(server)
            }
        }
        // Whole files end in a line end.
        guard content.last == 0x0A else { throw Fault(line: number, message: "cut short") }
    }

    /// From 1970 to the year 9999.
    private static let seconds: ClosedRange<Int64> = 0...253_402_300_799

    /// False: one of ours that is broken. Other remarks are ignored.
    private mutating func take(remark words: [ArraySlice<UInt8>], _ places: [String: Int]) -> Bool {
        func text(_ index: Int) -> String { String(decoding: words[index], as: UTF8.self) }
        switch words.first.map({ String(decoding: $0, as: UTF8.self) }) {
        case "#saved":
            guard words.count == 2, let seconds = Int64(text(1)), Self.seconds.contains(seconds) else { return false }
            savedAt = seconds
        case "#anycast":
            guard words.count == 3, let override = AnycastOverride(rawValue: text(1)), let left = Int64(text(2)),
                Self.seconds.contains(left)
            else { return false }
            anycast = Anycast(override: override, heldDown: left)
        case "#configured":
            guard words.count == 5, let port = UInt16(text(4)), let place = places["\(text(1))/\(text(2))"] else { return false }
            (servers[place].host, servers[place].port) = (text(3), port)
        case "#maxconn":
            guard words.count == 4, let limit = Int(text(3)), (0...1_000_000).contains(limit), let place = places["\(text(1))/\(text(2))"]
            else { return false }
            servers[place].maxconn = limit
        case "#stick":
            guard words.count == 5, let key = Self.unescaped(words[2]), let remaining = Int64(text(4)), remaining >= 0 else { return false }
            sticks.append(Stick(pool: text(1), key: key, server: text(3), remaining: remaining))
        default: break
        }
        return true
    }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.contains(UInt8(ascii: "%")) else { return Array(text) }
        var key: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                key.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16), !digits.hasPrefix("+") else { return nil }
            key.append(value)
            rest = rest.dropFirst(2)
        }
        return key
    }
}

extension SavedState.Server {
    /// Of a line's fields; nil: not 25 of them, or a wrong one.
    fileprivate init?(_ fields: [String]) {
        guard fields.count == 25, let operation = Int(fields[5]), (0...3).contains(operation), let mask = Int(fields[6]),
            let weight = Int(fields[7]), let configured = Int(fields[8]), let health = Int(fields[12]), let checks = Int(fields[13]),
            let agentChecks = Int(fields[14]), let port = UInt16(fields[18])
        else { return nil }
        pool = fields[1]
        name = fields[3]
        let isName = fields[17] != "-"
        host = isName ? fields[17] : fields[4]
        if isName, fields[4] != "-", fields[4] != fields[17] { resolved = fields[4] }
        self.port = port
        // Forced by an operator: 1 maint, 8 drain. The other bits come of the configuration and of names.
        admin = mask & 1 != 0 ? .maint : mask & 8 != 0 ? .drain : .ready
        if weight != configured { self.weight = min(max(weight, 0), 256) }
        configuredWeight = configured
        isUp = operation != 0
        if checks & 2 != 0 { counter = health }
        isChecked = checks & 6 != 2
        isAgentAsked = agentChecks & 6 != 2
    }
}
