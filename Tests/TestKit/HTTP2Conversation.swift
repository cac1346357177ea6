import StandIn

/// The client's side of one connection as HTTP/2, for requests that a test has as HTTP/1.1: each is a stream, and its response is read as if
/// it were HTTP/1.1's. Windows are as large as they may be.
final class HTTP2Conversation {
    /// What was received on one stream.
    private struct Partial {
        var interim: [Int] = []
        var head: MessageHead?
        var body: [UInt8] = []
        var hasEnded = false
        var wasReset = false
        var isOver: Bool { hasEnded || wasReset }
        /// Room for what is sent.
        var window: Int
    }

    /// A request that is not complete: where its content goes, and how it is framed.
    private enum Sending {
        case head
        case content(UInt32, left: Int)
        case chunks(UInt32)
    }

    private let stream: StandInStream
    private let fields = HTTP2Fields()
    private var input: [UInt8] = []
    private var text: [UInt8] = []
    private var sending = Sending.head
    private var streams: [UInt32: Partial] = [:]
    /// Whose responses were not read.
    private var unread: [UInt32] = []
    private var nextID: UInt32 = 1
    private var window = 65_535
    private var initialWindow = 65_535
    private var block: (stream: UInt32, bytes: [UInt8], ends: Bool)?
    private(set) var hasEnded = false
    /// The last GOAWAY's last stream and code.
    private(set) var goAway: (lastStream: UInt32, code: UInt32)?

    init(_ stream: StandInStream) throws(StandInError) {
        self.stream = stream
        let most: UInt32 = 1 << 30
        let settings = HTTP2Frame(.settings, HTTP2Frame.setting(2, 0) + HTTP2Frame.setting(4, most))
        try stream.write(HTTP2Frame.preface + settings.bytes + HTTP2Frame(.windowUpdate, HTTP2Frame.bytes(most)).bytes)
    }

    // MARK: Requests

    /// Any part of requests in the form of HTTP/1.1.
    func send(_ bytes: [UInt8]) throws(StandInError) {
        text += bytes
        while !text.isEmpty {
            switch sending {
            case .head: guard try sendHead() else { return }
            case .content(let id, let left):
                let piece = text.prefix(left)
                text.removeFirst(piece.count)
                try sendContent(Array(piece), on: id, ends: piece.count == left)
                sending = piece.count == left ? .head : .content(id, left: left - piece.count)
            case .chunks(let id): guard try sendChunk(on: id) else { return }
            }
        }
    }

    private func sendHead() throws(StandInError) -> Bool {
        guard let end = text.indices.first(where: { text[$0...].starts(with: [13, 10, 13, 10]) }) else { return false }
        guard let head = MessageHead(Array(text[..<(end + 4)])) else { throw .malformed("a test's own head") }
        text.removeFirst(end + 4)
        let words = head.startLine.split(separator: " ")
        let length = head.first("Content-Length").flatMap { Int($0) }
        let isChunked = head.lists("chunked", in: "Transfer-Encoding")
        let id = nextID
        nextID += 2
        streams[id] = Partial(window: initialWindow)
        unread.append(id)
        var list = [(":method", String(words[0])), (":scheme", "https"), (":path", String(words[1]))]
        if let host = head.first("Host") { list.append((":authority", host)) }
        let hops = ["host", "connection", "transfer-encoding"]
        list += head.fields.map { ($0.name.lowercased(), $0.value) }.filter { !hops.contains($0.0) }
        let ends = !isChunked && (length ?? 0) == 0
        var rest = HTTP2Frame.block(list)[...]
        var kind = HTTP2Frame.Kind.headers
        repeat {
            let piece = rest.prefix(16_384)
            rest = rest.dropFirst(piece.count)
            let flags = (rest.isEmpty ? HTTP2Frame.endHeaders : 0) | (ends && kind == .headers ? HTTP2Frame.endStream : 0)
            try stream.write(HTTP2Frame(kind, flags: flags, stream: id, Array(piece)).bytes)
            kind = .continuation
        } while !rest.isEmpty
        if isChunked { sending = .chunks(id) } else if let length, length > 0 { sending = .content(id, left: length) }
        return true
    }

    private func sendChunk(on id: UInt32) throws(StandInError) -> Bool {
        guard let end = text.firstIndex(of: 10) else { return false }
        guard let size = Int(String(decoding: text[..<(end - 1)], as: UTF8.self), radix: 16) else { throw .malformed("a test's own chunk") }
        guard text.count >= end + 1 + size + 2 else { return false }
        let content = Array(text[(end + 1)..<(end + 1 + size)])
        text.removeFirst(end + 1 + size + 2)
        try sendContent(content, on: id, ends: size == 0)
        if size == 0 { sending = .head }
        return true
    }

    private func sendContent(_ content: [UInt8], on id: UInt32, ends: Bool) throws(StandInError) {
        var rest = content[...]
        repeat {
            while !rest.isEmpty, min(window, streams[id]?.window ?? 0) <= 0 {
                guard streams[id]?.isOver == false, try receive() else { return }
            }
            guard streams[id]?.isOver == false else { return }
            let piece = rest.prefix(min(16_384, rest.isEmpty ? 0 : min(window, streams[id]?.window ?? 0)))
            rest = rest.dropFirst(piece.count)
            window -= piece.count
            streams[id]?.window -= piece.count
            let flags = ends && rest.isEmpty ? HTTP2Frame.endStream : 0
            try stream.write(HTTP2Frame(.data, flags: flags, stream: id, Array(piece)).bytes)
        } while !rest.isEmpty
    }

    // MARK: Responses

    /// The final head of the oldest response that was not read, or an interim one before it; nil where the connection ends first.
    func readHead() throws(StandInError) -> MessageHead? {
        guard let id = unread.first else { return nil }
        while streams[id]?.head == nil {
            if let interim = streams[id]?.interim.first {
                streams[id]?.interim.removeFirst()
                return MessageHead(Array("HTTP/2 \(interim)\r\n\r\n".utf8))
            }
            guard streams[id]?.isOver == false, try receive() else { return nil }
        }
        return streams[id]?.head
    }

    /// The oldest response that was not read; nil where its stream or the connection ends before its head.
    func readResponse(keepsBody: Bool) throws(StandInError) -> RawClient.Response? {
        guard let id = unread.first else { return nil }
        while streams[id]?.isOver == false { guard try receive() else { break } }
        unread.removeFirst()
        stopSending(id)
        guard let partial = streams.removeValue(forKey: id), let head = partial.head,
            let status = Int(head.startLine.split(separator: " ")[1])
        else { return nil }
        let digest = ContentDigest()
        digest.update(partial.body[...])
        return RawClient.Response(
            head: head, status: status, body: keepsBody ? partial.body : [], bodyCount: partial.body.count, isWhole: partial.hasEnded,
            digest: digest.finish(), interim: partial.interim)
    }

    /// What is left of a request whose response is there is not sent.
    private func stopSending(_ id: UInt32) {
        switch sending {
        case .content(id, _), .chunks(id): (sending, text) = (.head, [])
        case .head, .content, .chunks: break
        }
    }

    /// Takes what is there; true: the connection takes no more requests.
    func isEnding() -> Bool {
        while !hasEnded, stream.becomesReadable(within: .zero) { if (try? receive()) != true { hasEnded = true } }
        return hasEnded || goAway != nil
    }

    /// Reads and takes frames; false at the connection's end.
    private func receive() throws(StandInError) -> Bool {
        guard !hasEnded, try stream.read(into: &input) > 0 else {
            hasEnded = true
            return false
        }
        while let frame = HTTP2Frame(takenFrom: &input) { try take(frame) }
        return true
    }

    private func take(_ frame: HTTP2Frame) throws(StandInError) {
        let ends = frame.flags & HTTP2Frame.endStream != 0
        switch frame.kind {
        case .headers, .continuation:
            block = (frame.stream, (block?.bytes ?? []) + frame.payload, block?.ends ?? ends)
            if frame.flags & HTTP2Frame.endHeaders != 0 { try headCame() }
        case .data:
            streams[frame.stream]?.body += frame.payload
            if ends { streams[frame.stream]?.hasEnded = true }
            if !frame.payload.isEmpty { try? stream.write(HTTP2Frame(.windowUpdate, HTTP2Frame.bytes(UInt32(frame.payload.count))).bytes) }
        case .reset: if streams[frame.stream]?.hasEnded == false { streams[frame.stream]?.wasReset = true }
        case .settings where frame.flags & HTTP2Frame.acknowledgement == 0: try take(settings: frame.payload)
        case .ping where frame.flags & HTTP2Frame.acknowledgement == 0:
            try? stream.write(HTTP2Frame(.ping, flags: HTTP2Frame.acknowledgement, frame.payload).bytes)
        case .goAway: goAway = (HTTP2Frame.number(frame.payload.prefix(4)), HTTP2Frame.number(frame.payload[4..<8]))
        case .windowUpdate:
            let count = Int(HTTP2Frame.number(frame.payload))
            if frame.stream == 0 { window += count } else { streams[frame.stream]?.window += count }
        default: break
        }
    }

    private func take(settings payload: [UInt8]) throws(StandInError) {
        for start in stride(from: 0, to: payload.count - 5, by: 6) where payload[start + 1] == 4 {
            let value = Int(HTTP2Frame.number(payload[(start + 2)..<(start + 6)]))
            for id in streams.keys { streams[id]?.window += value - initialWindow }
            initialWindow = value
        }
        try? stream.write(HTTP2Frame(.settings, flags: HTTP2Frame.acknowledgement).bytes)
    }

    private func headCame() throws(StandInError) {
        guard let (id, bytes, ends) = block else { return }
        block = nil
        guard let list = fields.decode(bytes) else { throw .malformed("header block") }
        if let status = list.first(where: { $0.name == ":status" })?.value {
            if status.hasPrefix("1") {
                streams[id]?.interim.append(Int(status) ?? 0)
            } else {
                let lines = ["HTTP/2 \(status)"] + list.filter { !$0.name.hasPrefix(":") }.map { "\($0.name): \($0.value)" }
                streams[id]?.head = MessageHead(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
            }
        }
        if ends { streams[id]?.hasEnded = true }
    }
}
