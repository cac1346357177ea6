import Buffers
import HTTP1
import Model

/// What holds for every sequence of bytes that is parsed as a response head.
package enum ResponseHeadInvariants {
    /// Small, so that a fuzzer reaches it.
    private static let limit = 1024

    private enum Verdict: Equatable {
        case needMore
        case refused(ResponseError)
        case complete(length: Int, status: Int, framing: MessageFraming, keepAlive: Bool, fieldCount: Int)
    }

    /// What `input` breaks; nil where all holds.
    package static func violation(of input: [UInt8]) -> String? {
        for method in [RequestMethod.get, .head] {
            var head = ResponseHead()
            let verdict = judge(input, to: method, step: max(input.count, 1), into: &head)
            for step in [1, 7, input.count / 2 + 1] {
                var other = ResponseHead()
                let split = judge(input, to: method, step: step, into: &other)
                guard split == verdict else { return "in steps of \(step): \(split), at once: \(verdict)" }
            }
            guard case .complete(let length, _, _, _, _) = verdict else { continue }
            guard length <= limit else { return "accepted beyond the limit" }
            for client in [HTTPVersion.http11, .http10] {
                for close in [false, true] {
                    let bytes = Array(input[..<length])
                    if let problem = rewriting(head, of: bytes, to: method, client: client, close: close) { return problem }
                }
            }
        }
        return nil
    }

    private static func judge(_ input: [UInt8], to method: RequestMethod, step: Int, into head: inout ResponseHead) -> Verdict {
        var parser = ResponseParser(limit: limit)
        var end = 0
        repeat {
            end = min(end + step, input.count)
            do {
                guard try parser.parse(input.span.extracting(first: end), requestMethod: method, into: &head) == .complete else { continue }
                return .complete(
                    length: head.length, status: head.status, framing: head.framing, keepAlive: head.keepAlive,
                    fieldCount: head.fields.count)
            } catch {
                return .refused(error)
            }
        } while end < input.count
        return .needMore
    }

    private static func rewriting(
        _ head: borrowing ResponseHead, of bytes: [UInt8], to method: RequestMethod, client: HTTPVersion, close: Bool
    ) -> String? {
        let output = ByteBuffer(capacity: 4096)
        let drops = client == .http10
        let isWritten = HeadWriter.appendResponse(
            head, bytes: bytes.span, clientVersion: client, close: close, dropsChunking: drops, to: output)
        guard isWritten else { return "not written" }
        let written = Array(UnsafeRawBufferPointer(start: output.base, count: output.end))
        var parser = ResponseParser(limit: 4096)
        var again = ResponseHead()
        guard (try? parser.parse(written.span, requestMethod: method, into: &again)) == .complete else {
            return "what was written is not accepted"
        }
        guard again.length == written.count else { return "what was written ends early" }
        guard again.status == head.status, again.version == .http11 else { return "status line" }
        let expected = head.framing == .chunked && drops ? .untilClose : head.framing
        guard again.framing == expected else { return "framing \(head.framing) became \(again.framing)" }
        guard head.isInterim || again.framing == .untilClose || again.keepAlive == !close else { return "connection" }
        return fields(head, of: bytes, written: written)
    }

    private static func fields(_ head: borrowing ResponseHead, of bytes: [UInt8], written: [UInt8]) -> String? {
        let before = FieldModel.fields(ofHead: bytes)
        let named = FieldModel.named(by: before)
        let dropsLength = head.status < 200 || head.status == 204
        let kept = before.filter {
            !$0.isHopByHop && !named.contains($0.folded) && !(dropsLength && $0.folded == "content-length")
        }
        let after = FieldModel.fields(ofHead: written)
        guard after.last?.folded == "via" else { return "our fields are not the last" }
        let passed = after.dropLast()
        guard passed.filter({ !$0.isHopByHop }) == kept else { return "other fields than were kept" }
        let hops = passed.filter { $0.isHopByHop }.map(\.folded)
        guard Set(hops).count == hops.count, Set(hops).isSubset(of: ["transfer-encoding", "connection"]) else {
            return "a hop-by-hop field passed"
        }
        return nil
    }
}
