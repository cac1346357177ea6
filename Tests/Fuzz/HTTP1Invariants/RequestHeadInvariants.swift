import Buffers
import HTTP1
import Model

/// What holds for every sequence of bytes that is parsed as a request head.
package enum RequestHeadInvariants {
    /// Small, so that a fuzzer reaches them.
    private static let limits = HeadLimits(head: 1024, target: 256)
    private static let block = Array("X-Client-Verify: SUCCESS\r\nX-Forwarded-For: 192.0.2.1\r\n".utf8)
    private static let fallback = Array("fallback.example".utf8)

    private enum Verdict: Equatable {
        case needMore
        case refused(RequestError)
        case complete(length: Int)
    }

    /// What `input` breaks; nil where all holds.
    package static func violation(of input: [UInt8]) -> String? {
        var head = RequestHead()
        let verdict = judge(input, step: max(input.count, 1), into: &head)
        for step in [1, 7, input.count / 2 + 1] {
            var other = RequestHead()
            let split = judge(input, step: step, into: &other)
            guard split == verdict else { return "in steps of \(step): \(split), at once: \(verdict)" }
            if case .complete = verdict, !isSame(head, other) { return "in steps of \(step): another head" }
        }
        guard case .complete(let length) = verdict else { return nil }
        guard length <= limits.head, head.target.count <= limits.target else { return "accepted beyond the limits" }
        for dropExpect in [false, true] {
            if let problem = rewriting(head, of: Array(input[..<length]), dropExpect: dropExpect) { return problem }
        }
        return nil
    }

    private static func judge(_ input: [UInt8], step: Int, into head: inout RequestHead) -> Verdict {
        var parser = RequestParser(limits: limits)
        var end = 0
        repeat {
            end = min(end + step, input.count)
            do {
                if try parser.parse(input.span.extracting(first: end), into: &head) == .complete { return .complete(length: head.length) }
            } catch {
                return .refused(error)
            }
        } while end < input.count
        return .needMore
    }

    private static func isSame(_ left: borrowing RequestHead, _ right: borrowing RequestHead) -> Bool {
        left.method == right.method && left.methodRange == right.methodRange && left.target == right.target && left.host == right.host
            && left.isAbsoluteForm == right.isAbsoluteForm && left.framing == right.framing && left.keepAlive == right.keepAlive
            && left.version == right.version && left.expectsContinue == right.expectsContinue && left.fields.count == right.fields.count
            && zip(left.fields, right.fields).allSatisfy { $0.line == $1.line && $0.value == $1.value && $0.kind == $1.kind }
    }

    /// The forwarded head has the same meaning, and no field that a client must not send.
    private static func rewriting(_ head: borrowing RequestHead, of bytes: [UInt8], dropExpect: Bool) -> String? {
        let output = ByteBuffer(capacity: 4096)
        let isWritten = HeadWriter.appendRequest(
            head, bytes: bytes.span, identityFields: block, forwardedFor: [], dropExpect: dropExpect, fallbackHost: fallback, to: output)
        guard isWritten else { return "not written" }
        let written = Array(UnsafeRawBufferPointer(start: output.base, count: output.end))
        var parser = RequestParser(limits: HeadLimits(head: 4096, target: 256))
        var again = RequestHead()
        guard (try? parser.parse(written.span, into: &again)) == .complete else { return "what was written is not accepted" }
        guard again.length == written.count else { return "what was written ends early" }
        guard again.method == head.method, written[again.methodRange.range] == bytes[head.methodRange.range] else { return "method" }
        guard written[again.target.range] == bytes[head.target.range] else { return "target" }
        guard again.version == .http11, !again.isAbsoluteForm else { return "form" }
        guard again.framing == head.framing else { return "framing \(head.framing) became \(again.framing)" }
        let host = head.host.isEmpty ? fallback[...] : bytes[head.host.range]
        guard written[again.host.range] == host else { return "host" }
        return fields(head, of: bytes, written: written, dropExpect: dropExpect)
    }

    private static func fields(_ head: borrowing RequestHead, of bytes: [UInt8], written: [UInt8], dropExpect: Bool) -> String? {
        let before = FieldModel.fields(ofHead: bytes)
        let after = FieldModel.fields(ofHead: written)
        let named = FieldModel.named(by: before)
        let dropsExpect = dropExpect || head.version == .http10
        let kept = before.filter {
            !$0.isIdentity && !$0.isHopByHop && !named.contains($0.folded) && $0.folded != "host" && !(dropsExpect && $0.folded == "expect")
        }
        let ours = FieldModel.fields(ofSection: block).count
        guard after.count > ours, after.last?.folded == "via" else { return "our fields are not the last" }
        let passed = after.dropLast(ours + 1)
        guard passed.filter({ $0.folded == "host" }).count == 1 else { return "not one Host" }
        let isChunked = head.framing == .chunked
        guard !passed.contains(where: { $0.isIdentity }) else { return "an identity field passed" }
        let hops = passed.filter { $0.isHopByHop }
        guard hops.map(\.folded) == (isChunked ? ["transfer-encoding"] : []) else { return "a hop-by-hop field passed" }
        guard passed.filter({ $0.folded != "host" && !$0.isHopByHop }) == kept else { return "other fields than were kept" }
        return nil
    }
}
