/// How a request ended, in the first two of the four characters of HAProxy's termination state (its "Session state at
/// disconnection"); the two of cookie persistence are always `--` here.
package struct Termination: Sendable, Equatable {
    /// Who or what ended it: `C` client, `S` server, `P` proxy, `c` and `s` their timeouts, `-` none of them.
    package var cause: UInt8
    /// When: `R` request, `Q` queue, `C` connection, `H` response head, `D` data, `-` at the end.
    package var stage: UInt8

    package init(cause: UInt8, stage: UInt8) {
        self.cause = cause
        self.stage = stage
    }

    /// Takes the first two bytes of a literal such as "SC" or "SC--".
    package init(_ text: StaticString) {
        precondition(text.utf8CodeUnitCount >= 2)
        self.init(cause: text.utf8Start[0], stage: text.utf8Start[1])
    }

    package static let normal = Termination(cause: 0x2D, stage: 0x2D)
}
