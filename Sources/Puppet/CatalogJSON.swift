import Model

/// Reads the body of a v4 catalog request, a JSON object (RFC 8259), for its top-level `certname`, `environment` and `transaction_uuid`.
/// Bytes that grow: each call is given all bytes so far and goes on where the last one ended.
/// It finds these three in every valid document; of what is no JSON it refuses only what it must look at, as the server refuses the rest.
struct CatalogJSON: Sendable {
    private(set) var certname: [UInt8] = []
    private(set) var environment: [UInt8] = []
    private(set) var transaction: [UInt8] = []
    /// The first thing that cannot be taken.
    private(set) var problem: Ambiguity?

    /// Each state's successors are in `step`. `done` stays.
    private enum State { case start, firstName, name, colon, value, string, scalar, nested, nestedString, afterValue, nextName, done }
    private enum Member: Int { case certname, environment, transaction, other }

    private var state = State.start
    private var position = 0
    private var depth = 0
    private var member = Member.other
    /// Which members were there: a bit for each raw value.
    private var seen = 0
    private var text = JSONStringDecoder()
    private var isEscaped = false

    /// Far above what Puppet sends, at Jackson's own limit.
    private static let deepest = 1000

    mutating func reset() {
        certname.removeAll(keepingCapacity: true)
        environment.removeAll(keepingCapacity: true)
        transaction.removeAll(keepingCapacity: true)
        problem = nil
        state = .start
        position = 0
        depth = 0
        seen = 0
        isEscaped = false
    }

    /// With `isWhole` the object must have ended; no bytes at all are no object and no problem.
    mutating func scan(_ bytes: borrowing Span<UInt8>, _ end: Int, isWhole: Bool) {
        while position < end, problem == nil, state != .done {
            step(bytes[position])
            position += 1
        }
        if isWhole, end > 0, state != .done { refuse(.notJSON) }
    }

    private mutating func refuse(_ ambiguity: Ambiguity) { problem = problem ?? ambiguity }

    private mutating func step(_ byte: UInt8) {
        switch state {
        case .name, .string: stepText(byte)
        case .nested, .nestedString: stepNested(byte)
        case .scalar where byte != UInt8(ascii: ",") && byte != UInt8(ascii: "}") && !isSpace(byte): break
        case _ where isSpace(byte): if state == .scalar { state = .afterValue }
        case .start: expect(byte, UInt8(ascii: "{"), .firstName)
        case .firstName where byte == UInt8(ascii: "}"): state = .done
        case .firstName, .nextName: beginText(byte, .name)
        case .colon: expect(byte, UInt8(ascii: ":"), .value)
        case .value: beginValue(byte)
        case .scalar, .afterValue:
            if byte == UInt8(ascii: "}") { state = .done } else { expect(byte, UInt8(ascii: ","), .nextName) }
        case .done: break
        }
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private mutating func expect(_ byte: UInt8, _ expected: UInt8, _ next: State) {
        if byte == expected { state = next } else { refuse(.notJSON) }
    }

    private mutating func beginText(_ byte: UInt8, _ next: State) {
        text.reset()
        expect(byte, UInt8(ascii: "\""), next)
    }

    private mutating func beginValue(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""):
            beginText(byte, .string)
            return
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            state = .nested
            depth = 1
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ":"):
            refuse(.notJSON)
        default:
            state = .scalar
        }
        if member == .certname || member == .environment { refuse(.memberNotString) }
    }

    private mutating func stepText(_ byte: UInt8) {
        switch text.take(byte) {
        case .more: break
        case .broken: refuse(.notJSON)
        case .ended where state == .name: endName()
        case .ended: endString()
        }
    }

    private mutating func endName() {
        state = .colon
        member =
            if text.equals("certname") { .certname } else if text.equals("environment") {
                .environment
            } else if text.equals("transaction_uuid") { .transaction } else { .other }
        guard member != .other else { return }
        if seen & 1 << member.rawValue != 0 { refuse(.memberTwice) }
        seen |= 1 << member.rawValue
    }

    private mutating func endString() {
        state = .afterValue
        switch member {
        case .other: break
        case .transaction: if !text.isCut { swap(&transaction, &text.bytes) }
        case .certname:
            if text.isCut { refuse(.memberTooLong) }
            if (try? UTF8Span(validating: text.bytes.span)) == nil { refuse(.notJSON) }
            swap(&certname, &text.bytes)
        case .environment:
            if text.bytes.isEmpty || !text.bytes.allSatisfy(ASCII.isWord) { refuse(.environmentNotWord) }
            if text.bytes.count > PuppetRequest.longestEnvironment { refuse(.environmentTooLong) }
            swap(&environment, &text.bytes)
        }
    }

    private mutating func stepNested(_ byte: UInt8) {
        if state == .nestedString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                state = .nested
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""): state = .nestedString
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            if depth > CatalogJSON.deepest { refuse(.nestedTooDeeply) }
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            if depth == 0 { state = .afterValue }
        default: break
        }
    }
}
