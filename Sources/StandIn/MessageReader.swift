/// Reads HTTP/1.1 messages from a stream: heads exactly as received, contents in pieces.
///
/// Deliberately independent of the proxy's parser, so that it does not share a mistake with it. Strict about framing.
package final class MessageReader {
    package enum Framing: Sendable, Equatable {
        case none, chunked, untilClose
        case length(Int)
    }

    package let stream: StandInStream
    private var buffer: [UInt8] = []
    private var start = 0

    package init(_ stream: StandInStream) { self.stream = stream }

    /// Bytes that were read and not consumed yet.
    package var surplus: ArraySlice<UInt8> { buffer[start...] }

    /// The next head; nil if the stream ends before its first byte.
    package func readHead(limit: Int = 256 * 1024) throws(StandInError) -> MessageHead? {
        var scanned = start
        while true {
            if let end = endOfHead(from: scanned) {
                let bytes = Array(buffer[start..<end])
                start = end
                guard let head = MessageHead(bytes) else { throw .malformed("head") }
                return head
            }
            guard buffer.count - start <= limit else { throw .malformed("head over \(limit) bytes") }
            let before = buffer.count - start
            guard try fill() else {
                if before == 0 { return nil }
                throw .endOfStream
            }
            scanned = start + max(0, before - 3)
        }
    }

    /// Reads a content to its end and gives its pieces, without chunk framing, to `sink`.
    package func readContent(_ framing: Framing, _ sink: (ArraySlice<UInt8>) -> Void) throws(StandInError) {
        switch framing {
        case .none: break
        case .length(let count): try readExactly(count, sink)
        case .chunked: try readChunks(sink)
        case .untilClose:
            repeat { flush(sink) } while try fill()
        }
    }

    /// The next line without its CRLF.
    package func readLine(limit: Int = 16 * 1024) throws(StandInError) -> String {
        while true {
            if let end = buffer[start...].firstIndex(of: 10) {
                let line = buffer[start..<end]
                start = end + 1
                guard line.last == 13 else { throw .malformed("a line without CR") }
                return String(decoding: line.dropLast(), as: UTF8.self)
            }
            guard buffer.count - start <= limit else { throw .malformed("line over \(limit) bytes") }
            guard try fill() else { throw .endOfStream }
        }
    }

    /// One chunk's content, or nil after the last one and its trailers.
    package func readChunk() throws(StandInError) -> [UInt8]? {
        let line = try readLine()
        guard let size = Int(line.prefix { $0 != ";" }, radix: 16), size >= 0, size < 1 << 40 else {
            throw .malformed("chunk size \(line)")
        }
        if size == 0 {
            while try !readLine().isEmpty {}
            return nil
        }
        var content: [UInt8] = []
        try readExactly(size) { content.append(contentsOf: $0) }
        guard try readLine().isEmpty else { throw .malformed("chunk end") }
        return content
    }

    /// All bytes until the stream ends.
    package func readToEnd(limit: Int = 1 << 24) throws(StandInError) -> [UInt8] {
        while buffer.count - start < limit, try fill() {}
        defer { start = buffer.count }
        return Array(buffer[start...])
    }

    private func readChunks(_ sink: (ArraySlice<UInt8>) -> Void) throws(StandInError) {
        while let content = try readChunk() { sink(content[...]) }
    }

    private func readExactly(_ count: Int, _ sink: (ArraySlice<UInt8>) -> Void) throws(StandInError) {
        var missing = count
        while missing > 0 {
            if start == buffer.count, try !fill() { throw .endOfStream }
            let piece = min(missing, buffer.count - start)
            sink(buffer[start..<start + piece])
            start += piece
            missing -= piece
        }
    }

    private func flush(_ sink: (ArraySlice<UInt8>) -> Void) {
        if start < buffer.count { sink(buffer[start...]) }
        start = buffer.count
    }

    /// Reads once; false at the end of the stream.
    private func fill() throws(StandInError) -> Bool {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        } else if start > 256 * 1024 {
            buffer.removeFirst(start)
            start = 0
        }
        return try stream.read(into: &buffer) > 0
    }

    private func endOfHead(from: Int) -> Int? {
        var index = from
        while let found = buffer[index...].firstIndex(of: 10) {
            if found >= start + 3, buffer[found - 1] == 13, buffer[found - 2] == 10, buffer[found - 3] == 13 { return found + 1 }
            index = found + 1
        }
        return nil
    }
}
