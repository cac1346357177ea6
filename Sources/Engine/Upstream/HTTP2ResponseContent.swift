import Buffers
import HTTP1

/// The content of a response over HTTP/2 that was received and not forwarded yet, and how it is forwarded: as it is, or in chunks where the head says
/// so. What it holds is bound by the stream's window.
struct HTTP2ResponseContent {
    /// Before content: the size of a chunk.
    private static let headroom = 32
    private static let lineEnd = Array("\r\n".utf8)
    private static let lastChunk = Array("0\r\n".utf8)

    private let memory: TransferMemory
    /// As it came.
    private var input: ByteBuffer?
    /// What was given back, in the form that is passed on.
    private var returned: ByteBuffer?
    private var trailers: ByteBuffer?
    private var isChunked = false
    private var endIsPassed = false
    /// There was no memory for something: what is here has a gap.
    private(set) var isBroken = false
    /// The content's first bytes, as many as were asked for.
    private(set) var sample: [UInt8] = []
    private var sampleBound = 0

    init(_ memory: TransferMemory) { self.memory = memory }

    /// Nothing was received.
    var isEmpty: Bool { input == nil && trailers == nil }
    /// All of it was passed on, the end too.
    var isPassed: Bool { endIsPassed && returned == nil }

    /// Before any is taken.
    mutating func begin(isChunked: Bool, sampleBound: Int) {
        self.isChunked = isChunked
        self.sampleBound = sampleBound
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if let held = input, held.room >= bytes.count + Self.lineEnd.count {
            held.append(bytes)
            return
        }
        let larger = memory.take(capacity: Self.headroom + (input?.count ?? 0) + bytes.count + 64)
        guard !larger.isVoid else { return lackMemory() }
        larger.clear(headroom: Self.headroom)
        if let held = input {
            larger.append(UnsafeRawBufferPointer(start: held.base + held.start, count: held.count))
            memory.give(held)
        }
        larger.append(bytes)
        input = larger
    }

    /// - Parameter section: lines and an empty line
    mutating func setTrailers(_ section: ByteBuffer?) { trailers = section }

    private mutating func lackMemory() {
        memory.noteFailure()
        isBroken = true
    }

    /// The next piece in the form that is passed on; nil: there is none.
    /// - Parameters:
    ///   - isWhole: nothing more will come
    ///   - consumed: gets how many bytes of content were taken
    mutating func take(isWhole: Bool, consumed: (Int) -> Void) -> ByteBuffer? {
        if let held = returned {
            returned = nil
            return held
        }
        var piece = input
        input = nil
        if let content = piece {
            keepSample(content)
            consumed(content.count)
            if isChunked { Self.wrap(content) }
        }
        guard isWhole, !endIsPassed, !isBroken else { return piece }
        if isChunked {
            let size = Self.lastChunk.count + max(Self.lineEnd.count, trailers?.count ?? 0)
            if let piece, piece.room < size { return piece }
            let last = piece ?? memory.take(capacity: size)
            guard !last.isVoid else {
                lackMemory()
                return nil
            }
            last.append(Self.lastChunk)
            appendTrailers(to: last)
            piece = last
        }
        endIsPassed = true
        return piece
    }

    /// What was taken is passed on later.
    mutating func giveBack(_ piece: ByteBuffer) { returned = piece }

    private mutating func appendTrailers(to output: ByteBuffer) {
        guard let section = trailers else {
            output.append(Self.lineEnd)
            return
        }
        trailers = nil
        if (try? HeadWriter.appendTrailers(section.readable, to: output)) != true { output.append(Self.lineEnd) }
        memory.give(section)
    }

    /// Makes a chunk of what is in `content`, in place.
    private static func wrap(_ content: ByteBuffer) {
        var size = content.count
        var start = content.start
        func prepend(_ byte: UInt8) {
            start -= 1
            content.base.storeBytes(of: byte, toByteOffset: start, as: UInt8.self)
        }
        prepend(0x0A)
        prepend(0x0D)
        repeat {
            let digit = UInt8(truncatingIfNeeded: size & 0xF)
            prepend(digit < 10 ? 0x30 + digit : 0x57 + digit)
            size >>= 4
        } while size > 0
        content.start = start
        content.append(lineEnd)
    }

    private mutating func keepSample(_ content: ByteBuffer) {
        let room = sampleBound - sample.count
        guard room > 0 else { return }
        sample.append(contentsOf: UnsafeRawBufferPointer(start: content.base + content.start, count: min(room, content.count)))
    }

    /// The response is over: what is held is let go.
    mutating func end() {
        for held in [input, returned, trailers].compactMap({ $0 }) { memory.give(held) }
        (input, returned, trailers) = (nil, nil, nil)
    }
}
