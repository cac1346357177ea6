import Model

/// Which Puppet asks, as `X-Puppet-Version` says, and can it use Retry-After?
///
/// | version | 503 or 429 with Retry-After |
/// |---|---|
/// | below 7.26.0, 8.0.x, 8.1.x | it sleeps, then fails its run (PUP-11853) |
/// | 7.26.0 and more, 8.2.0 and more | it waits min(Retry-After, runinterval) and asks again |
/// | none, or none that can be read | not known |
package struct AgentVersion: Sendable, Equatable {
    package let major: Int
    package let minor: Int
    package let patch: Int
    /// `8.10.0-rc1` comes before 8.10.0.
    package let isPrerelease: Bool

    /// Accepts `7.34.0`, `8.10.0-rc1`, `8.10.0.57.g1a2b3c4`: three numbers of at most four digits and what a `-` or a `.` sets off; 64
    /// bytes in all. nil for everything else.
    package init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        guard bytes.count <= 64, let major = Self.number(&rest), Self.isDot(&rest), let minor = Self.number(&rest), Self.isDot(&rest),
            let patch = Self.number(&rest)
        else { return nil }
        self.major = major
        self.minor = minor
        self.patch = patch
        switch rest.first {
        case nil, UInt8(ascii: "."): isPrerelease = false
        case UInt8(ascii: "-"): isPrerelease = true
        default: return nil
        }
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
        let digits = rest.prefix(4).prefix { ASCII.isDigit($0) }
        rest = rest.dropFirst(digits.count)
        return digits.isEmpty ? nil : digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func isDot(_ rest: inout ArraySlice<UInt8>) -> Bool { rest.popFirst() == UInt8(ascii: ".") }

    /// Whether the agent retries after a response with Retry-After, instead of failing its run.
    package var usesRetryAfter: Bool {
        switch major {
        case ..<7: false
        case 7: isAtLeast(minor: 26)
        case 8: isAtLeast(minor: 2)
        default: true
        }
    }

    private func isAtLeast(minor least: Int) -> Bool {
        minor > least || minor == least && !(patch == 0 && isPrerelease)
    }
}
