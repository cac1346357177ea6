import Model

/// Where one message's content ends (RFC 9112 sections 6 and 7). It counts and checks; it holds no bytes.
///
/// States of a chunked message: size line → data → CRLF → size line … → last size line → trailer section → finished. A length counts
/// down to finished; `untilClose` never finishes by itself.
///
/// Stricter than the RFC: no white space around a chunk's size, CRLF alone ends a line, and extensions and trailers are bounded.
package struct BodyScanner: Sendable {
    private enum State: Sendable {
        case counted(UInt64)
        case untilClose
        case chunkSize
        case chunk(UInt64)
        case chunkEnd
        case trailers
        case finished
    }

    private var state: State
    /// How much of an incomplete trailer section holds no line feed that was not looked at.
    private var scanned = 0

    package init(_ framing: MessageFraming) {
        state =
            switch framing {
            case .none, .contentLength(0): .finished
            case .contentLength(let length): .counted(length)
            case .chunked: .chunkSize
            case .untilClose: .untilClose
            }
    }

    package var isFinished: Bool {
        if case .finished = state { true } else { false }
    }

    /// What the first bytes of `bytes` are. The segment counts as taken: the caller drops its bytes and calls again with what follows.
    /// After `needMore` it calls again with the same bytes and more after them; at most `Bound.trailers` bytes need be held for that.
    package mutating func next(_ bytes: borrowing Span<UInt8>) throws(FramingError) -> BodySegment {
        switch state {
        case .finished:
            return .finished
        case .untilClose:
            return bytes.isEmpty ? .needMore : .content(bytes.count)
        case .counted(let rest):
            guard !bytes.isEmpty else { return .needMore }
            let count = min(rest, UInt64(bytes.count))
            state = count == rest ? .finished : .counted(rest - count)
            return .content(Int(count))
        case .chunk(let rest):
            guard !bytes.isEmpty else { return .needMore }
            let count = min(rest, UInt64(bytes.count))
            state = count == rest ? .chunkEnd : .chunk(rest - count)
            return .content(Int(count))
        case .chunkSize:
            guard let line = try ChunkLine.parse(bytes) else { return .needMore }
            state = line.size == 0 ? .trailers : .chunk(line.size)
            return .framing(line.length)
        case .chunkEnd:
            return try chunkEnd(bytes)
        case .trailers:
            return try trailers(bytes)
        }
    }

    private mutating func chunkEnd(_ bytes: borrowing Span<UInt8>) throws(FramingError) -> BodySegment {
        guard !bytes.isEmpty else { return .needMore }
        guard bytes[0] == ASCIIByte.carriageReturn else { throw .chunkEnd }
        guard bytes.count > 1 else { return .needMore }
        guard bytes[1] == ASCIIByte.lineFeed else { throw .chunkEnd }
        state = .chunkSize
        return .framing(2)
    }

    private mutating func trailers(_ bytes: borrowing Span<UInt8>) throws(FramingError) -> BodySegment {
        let window = bytes.extracting(first: Bound.trailers)
        let isWorthParsing = ByteScan.hasLineFeed(window, from: scanned)
        scanned = window.count
        if isWorthParsing {
            var position = 0
            var fields: [HeaderField] = []
            do {
                if try FieldSection.parse(window, position: &position, fields: &fields, limit: Bound.trailerFields) {
                    state = .finished
                    return .trailers(position)
                }
            } catch {
                throw error == .tooManyFields ? .trailersTooLarge : .trailers(error)
            }
        }
        guard bytes.count < Bound.trailers else { throw .trailersTooLarge }
        return .needMore
    }

    package enum Bound {
        /// Bytes of a trailer section with its empty line.
        package static let trailers = 8192
        package static let trailerFields = 64
        /// Bytes of one chunk's extension, its semicolon included.
        package static let chunkExtension = 256
    }
}
