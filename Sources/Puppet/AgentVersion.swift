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
        guard bytes.count <= 64 else { return nil }
        var numbers = [0, 0, 0]
        var position = 0
        for place in numbers.indices {
            if place > 0 {
                guard position < bytes.count, bytes[position] == UInt8(ascii: ".") else { return nil }
                position += 1
            }
            let start = position
            while position < bytes.count, ASCII.isDigit(bytes[position]), position - start < 4 {
                numbers[place] = numbers[place] * 10 + Int(bytes[position] - 0x30)
                position += 1
            }
            guard position > start else { return nil }
        }
        (major, minor, patch) = (numbers[0], numbers[1], numbers[2])
        guard position < bytes.count else {
            isPrerelease = false
            return
        }
        guard bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: ".") else { return nil }
        isPrerelease = bytes[position] == UInt8(ascii: "-")
    }

    /// Whether an answer with Retry-After brings the agent back, instead of failing its run.
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
