import HTTP2
import Testing

/// One row of the table over RFC 9113: what a client sends after its preface, and what it leads to.
struct RuleCase: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    let outcome: SessionProbe.Outcome
    /// Nothing of the message may reach the exchange.
    let hidesHead: Bool

    init(_ name: String, _ frames: Frame..., outcome: SessionProbe.Outcome, hidesHead: Bool = false) {
        self.name = name
        bytes = frames.flatMap(\.bytes)
        self.outcome = outcome
        self.hidesHead = hidesHead
    }

    /// A request that is malformed by one field, or by its fields as a whole (section 8.1.1): its stream alone ends.
    static func malformed(_ name: String, _ fields: [(String, String)], ends: Bool = true) -> RuleCase {
        RuleCase(name, .request(fields, ends: ends), outcome: .stream(.protocolError), hidesHead: true)
    }

    static func malformed(_ name: String, field: [UInt8], _ value: [UInt8]) -> RuleCase {
        RuleCase(
            name,
            Frame(
                .headers, flags: Frame.endHeaders | Frame.endStream, stream: 1, Literal.block(Literal.get) + Literal.field(field, value)),
            outcome: .stream(.protocolError), hidesHead: true)
    }

    static func accepted(_ name: String, _ fields: [(String, String)]) -> RuleCase {
        RuleCase(name, .request(fields), outcome: .accepted)
    }

    var testDescription: String { name }
}
