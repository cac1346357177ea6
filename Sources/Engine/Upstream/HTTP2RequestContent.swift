import Buffers
import HTTP1
import HTTP2
import Model

/// A request's content in the form of HTTP/1.1 → content alone, and its trailers.
struct HTTP2RequestContent {
    private var scanner: BodyScanner
    /// Once the content is finished, where there are some.
    private(set) var trailers: FieldBlock?

    init(_ framing: MessageFraming) { scanner = BodyScanner(framing) }

    var isFinished: Bool { scanner.isFinished }

    /// Moves content to the end of `piece`, which has room for all of `bytes`. Pieces of framing are whole: so the request is held.
    /// - Returns: how many bytes were taken
    mutating func move(_ bytes: UnsafeRawBufferPointer, to piece: ByteBuffer) -> Int {
        let content = bytes.bindMemory(to: UInt8.self)
        let span = content.span
        var position = 0
        while position < span.count {
            let rest = span.extracting(position..<span.count)
            switch try? scanner.next(rest) {
            case .content(let count):
                piece.append(UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
                position += count
            case .framing(let count): position += count
            case .trailers(let count):
                let block = FieldBlock(capacity: count)
                if block.setTrailers(rest.extracting(0..<count)), !block.isEmpty { trailers = block }
                position += count
            case .needMore, .finished, nil: return position
            }
        }
        return position
    }
}
