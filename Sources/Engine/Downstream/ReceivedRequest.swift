import Buffers
import HTTP1
import Model

/// How far has a request been taken out of what its client's side has received? Its head first, then its content, in the form that the head
/// declares. One value a request; every kind of downstream side has one.
struct ReceivedRequest {
    private var scanner = BodyScanner(.none)
    private var isChunked = false
    private(set) var headIsTaken = false
    /// Bytes of head and content that were taken.
    private(set) var taken: UInt64 = 0

    /// Of all that belongs to the request, nothing is missing behind what was taken.
    var isWhole: Bool { scanner.isFinished }

    /// Bytes that must be free where `moveContent` is to move anything.
    var leastRoom: Int { isChunked ? BodyScanner.Bound.trailers + 1024 : 1 }

    /// The head is known.
    mutating func headCame(_ framing: MessageFraming) {
        scanner = BodyScanner(framing)
        isChunked = framing == .chunked
    }

    /// - Returns: whether this was the first call
    @discardableResult
    mutating func takeHead(_ byteCount: Int, from input: ByteBuffer?) -> Bool {
        guard !headIsTaken, let input else { return false }
        headIsTaken = true
        take(byteCount, from: input)
        return true
    }

    /// Moves content to the end of `output`, as much as has arrived and fits.
    /// - Returns: bytes of content among them, without chunked framing
    mutating func moveContent(from input: ByteBuffer?, to output: ByteBuffer) throws(FramingError) -> Int {
        guard let input else { return 0 }
        var contentCount = 0
        while !input.isEmpty, !scanner.isFinished, output.room >= leastRoom {
            let visible = min(input.count, output.room)
            switch try scanner.next(input.readable.extracting(0..<visible)) {
            case .content(let count):
                contentCount += count
                move(count, from: input, to: output)
            case .framing(let count):
                move(count, from: input, to: output)
            case .trailers(let count):
                guard try HeadWriter.appendTrailers(input.readable.extracting(0..<count), to: output) else { throw .trailersTooLarge }
                take(count, from: input)
            case .needMore:
                if visible < input.count { throw .trailersTooLarge }
                return contentCount
            case .finished: return contentCount
            }
        }
        return contentCount
    }

    /// Drops content that has arrived.
    mutating func dropContent(from input: ByteBuffer?) {
        guard let input else { return }
        while !input.isEmpty, !scanner.isFinished {
            switch try? scanner.next(input.readable) {
            case .content(let count), .framing(let count), .trailers(let count): take(count, from: input)
            case .needMore, .finished, nil: return
            }
        }
    }

    private mutating func move(_ count: Int, from input: ByteBuffer, to output: ByteBuffer) {
        output.append(UnsafeRawBufferPointer(start: input.base + input.start, count: count))
        take(count, from: input)
    }

    private mutating func take(_ count: Int, from input: ByteBuffer) {
        input.consume(count)
        taken += UInt64(count)
    }
}
