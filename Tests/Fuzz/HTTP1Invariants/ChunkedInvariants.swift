import Buffers
import HTTP1
import Model

/// What holds for every sequence of bytes that is read as a chunked message's content.
package enum ChunkedInvariants {
    private struct Result: Equatable {
        var content: [UInt8] = []
        var framing: [UInt8] = []
        var trailers: [UInt8] = []
        /// Bytes that belong to the message.
        var length = 0
        var isFinished = false
        var error: FramingError?
        var problem: String?
    }

    /// What `input` breaks; nil where all holds.
    package static func violation(of input: [UInt8]) -> String? {
        let result = scan(input, step: max(input.count, 1))
        if let problem = result.problem { return problem }
        for step in [1, 5, input.count / 2 + 1] {
            let split = scan(input, step: step)
            guard split == result else { return "in steps of \(step): \(split), at once: \(result)" }
        }
        guard result.isFinished else { return nil }
        guard let content = plainContent(Array(input[..<result.length])), content == result.content else { return "other content" }
        return trailers(result.trailers)
    }

    /// Feeds the input in steps, as a connection would: what is not taken stays in front.
    private static func scan(_ input: [UInt8], step: Int) -> Result {
        var scanner = BodyScanner(.chunked)
        var result = Result()
        var end = 0
        while true {
            let bytes = Array(input[result.length..<end])
            do {
                switch try scanner.next(bytes.span) {
                case .content(let count):
                    result.content += bytes[..<count]
                    result.length += count
                case .framing(let count):
                    result.framing += bytes[..<count]
                    result.length += count
                case .trailers(let count):
                    result.trailers = Array(bytes[..<count])
                    result.length += count
                case .needMore:
                    if bytes.count >= BodyScanner.Bound.trailers { result.problem = "wants more than its bound" }
                    guard end < input.count, result.problem == nil else { return result }
                    end = min(end + step, input.count)
                case .finished:
                    result.isFinished = true
                    if !scanner.isFinished { result.problem = "finished, and is not" }
                    return result
                }
            } catch {
                result.error = error
                return result
            }
        }
    }

    /// The content by a plain reading of a message that was accepted; nil where that is no chunked message.
    private static func plainContent(_ message: [UInt8]) -> [UInt8]? {
        var content: [UInt8] = []
        var rest = message[...]
        while let lineEnd = rest.firstIndex(of: 0x0A) {
            let line = String(decoding: rest[..<lineEnd], as: UTF8.self)
            guard let size = Int(line.prefix { $0.isHexDigit }, radix: 16) else { return nil }
            rest = rest[(lineEnd + 1)...]
            if size == 0 { return content }
            guard rest.count >= size + 2 else { return nil }
            content += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return nil
    }

    private static func trailers(_ section: [UInt8]) -> String? {
        let output = ByteBuffer(capacity: 16384)
        guard (try? HeadWriter.appendTrailers(section.span, to: output)) == true else { return "trailers are not written" }
        let written = Array(UnsafeRawBufferPointer(start: output.base, count: output.end))
        let forbidden = ["host", "content-length", "content-type", "content-encoding", "expect"]
        let expected = FieldModel.fields(ofSection: section).filter {
            !$0.isIdentity && !$0.isHopByHop && !forbidden.contains($0.folded)
        }
        guard FieldModel.fields(ofSection: written) == expected else { return "other trailers than were kept" }
        let again = scan(Array("0\r\n".utf8) + written, step: written.count + 3)
        guard again.isFinished, again.trailers == written else { return "what was written is not accepted" }
        return nil
    }
}
