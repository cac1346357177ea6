/// Is the response whole, and is it the one expected? Counts the body's bytes as they pass; keeps none of them.
///
/// head → body(length) → whole, or head → chunk size → chunk → … → trailer → whole.
package struct ResponseParser {
    package enum Verdict {
        case more, whole
        /// The head as received.
        case wrongStatus(Int, head: String)
        case wrong(String)
    }

    private enum State {
        case head
        case body(remaining: Int)
        case chunkSize(so: Int)
        case chunk(remaining: Int)
        case chunkEnd
        case trailer(lineByteCount: Int)
    }

    private var state = State.head
    private var partialHead: [UInt8] = []
    private var bodyByteCount = 0

    package init() {}

    package mutating func consume(_ bytes: UnsafeRawBufferPointer, expecting entry: WorkloadEntry) -> Verdict {
        var rest = bytes[...]
        while let first = rest.first {
            switch state {
            case .head:
                if let mistake = consumeHead(&rest, entry) { return mistake }
            case .body(let remaining):
                let taken = min(remaining, rest.count)
                rest = rest.dropFirst(taken)
                state = .body(remaining: remaining - taken)
            case .chunkSize(let size):
                rest = rest.dropFirst()
                consumeSize(first, size)
            case .chunk(let remaining):
                let taken = min(remaining, rest.count)
                rest = rest.dropFirst(taken)
                bodyByteCount += taken
                state = taken == remaining ? .chunkEnd : .chunk(remaining: remaining - taken)
            case .chunkEnd:
                rest = rest.dropFirst()
                if first == UInt8(ascii: "\n") { state = .chunkSize(so: 0) }
            case .trailer(let lineByteCount):
                rest = rest.dropFirst()
                if first == UInt8(ascii: "\n") {
                    if lineByteCount == 0 { return finish(rest.count, entry) }
                    state = .trailer(lineByteCount: 0)
                } else if first != UInt8(ascii: "\r") {
                    state = .trailer(lineByteCount: lineByteCount + 1)
                }
            }
            if case .body(remaining: 0) = state { return finish(rest.count, entry) }
        }
        return .more
    }

    private mutating func consumeHead(_ rest: inout Slice<UnsafeRawBufferPointer>, _ entry: WorkloadEntry) -> Verdict? {
        if partialHead.isEmpty {
            let bytes = UnsafeRawBufferPointer(rebasing: rest)
            guard let head = MessageHead(bytes) else {
                partialHead += rest
                rest = rest.dropFirst(rest.count)
                return nil
            }
            rest = rest.dropFirst(head.byteCount)
            return begin(head, bytes, entry)
        }
        let known = partialHead.count
        partialHead += rest
        defer { if case .head = state {} else { partialHead.removeAll() } }
        return partialHead.withUnsafeBytes { bytes in
            guard let head = MessageHead(bytes) else {
                rest = rest.dropFirst(rest.count)
                return nil
            }
            rest = rest.dropFirst(head.byteCount - known)
            return begin(head, bytes, entry)
        }
    }

    private mutating func begin(_ head: MessageHead, _ bytes: UnsafeRawBufferPointer, _ entry: WorkloadEntry) -> Verdict? {
        guard let status = MessageHead.number(bytes, from: 9) else { return .wrong("a response without a status") }
        guard status == entry.status else {
            return .wrongStatus(status, head: String(decoding: bytes[..<head.byteCount], as: UTF8.self))
        }
        bodyByteCount = 0
        if head.isChunked {
            state = .chunkSize(so: 0)
        } else if let length = head.contentLength {
            bodyByteCount = length
            state = .body(remaining: length)
        } else {
            return .wrong("a response without a length")
        }
        return nil
    }

    private mutating func consumeSize(_ byte: UInt8, _ size: Int) {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): state = .chunkSize(so: size << 4 | Int(byte & 15))
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
            state = .chunkSize(so: size << 4 | Int(byte & 15) + 9)
        case UInt8(ascii: "\n"): state = size == 0 ? .trailer(lineByteCount: 0) : .chunk(remaining: size)
        default: break
        }
    }

    private mutating func finish(_ surplus: Int, _ entry: WorkloadEntry) -> Verdict {
        state = .head
        if surplus > 0 { return .wrong("\(surplus) bytes after the response") }
        if bodyByteCount != entry.responseByteCount {
            return .wrong("\(entry.target): \(bodyByteCount) bytes of body where \(entry.responseByteCount) were due")
        }
        return .whole
    }
}
