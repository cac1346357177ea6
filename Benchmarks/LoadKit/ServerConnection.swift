/// One connection from a proxy or an agent: reads a request, swallows its body, sends the answer, and again.
///
/// opening → reading (head, then body) → answering → reading, with held between the two where the answer is not known at once.
package final class ServerConnection {
    package enum Progress {
        case waiting
        /// A whole request has come whose answer is still to be given, by `answer(_:)`.
        case asked
        case over
    }

    private enum State { case opening, reading, held, answering }

    package let stream: ByteStream
    private var state = State.opening
    private var partialHead: [UInt8] = []
    /// Of the request whose head has come; nil between requests.
    private var bodyRemaining: Int?
    private var answer: UnsafeRawBufferPointer?
    private var sent = 0

    package init(stream: ByteStream) {
        self.stream = stream
    }

    /// Goes as far as it can after its descriptor became ready.
    /// - Parameter judge: gets each request's head and gives the answer to it, or nil: later
    package func proceed(
        _ judge: (UnsafeRawBufferPointer) -> UnsafeRawBufferPointer?, _ buffer: UnsafeMutableRawBufferPointer
    ) -> Progress {
        while true {
            switch state {
            case .opening:
                switch stream.handshake() {
                case .blocked: return .waiting
                case .failed: return .over
                case .done: state = .reading
                }
            case .answering:
                guard send() else { return .over }
                if state == .answering { return .waiting }
            case .held:
                // Nobody asks twice at a time: what comes now is the end.
                if case .blocked = stream.read(into: buffer) { return .waiting }
                return .over
            case .reading:
                switch stream.read(into: buffer) {
                case .blocked: return .waiting
                case .ended, .failed: return .over
                case .bytes(let count):
                    guard take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), judge) else { return .over }
                    if state == .held { return .asked }
                    // The next request cannot be here yet; its arrival is an event of its own.
                    if state == .answering { return send() ? .waiting : .over }
                    if stream.session == nil, count < buffer.count { return .waiting }
                }
            }
        }
    }

    /// Answers the request that is held. False when the connection is over.
    package func answer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        answer = bytes
        state = .answering
        return send()
    }

    /// False for what no proxy should send: a chunked body, or bytes after the request.
    private func take(_ bytes: UnsafeRawBufferPointer, _ judge: (UnsafeRawBufferPointer) -> UnsafeRawBufferPointer?) -> Bool {
        if bodyRemaining != nil { return takeBody(bytes.count) }
        if partialHead.isEmpty, let head = MessageHead(bytes) { return begin(head, bytes, judge) }
        partialHead += bytes
        return partialHead.withUnsafeBytes { whole in
            guard let head = MessageHead(whole) else { return true }
            defer { partialHead.removeAll(keepingCapacity: true) }
            return begin(head, whole, judge)
        }
    }

    private func begin(
        _ head: MessageHead, _ bytes: UnsafeRawBufferPointer, _ judge: (UnsafeRawBufferPointer) -> UnsafeRawBufferPointer?
    ) -> Bool {
        guard !head.isChunked else { return false }
        answer = judge(UnsafeRawBufferPointer(rebasing: bytes[..<head.byteCount]))
        bodyRemaining = head.contentLength ?? 0
        return takeBody(bytes.count - head.byteCount)
    }

    private func takeBody(_ byteCount: Int) -> Bool {
        guard let due = bodyRemaining, byteCount <= due else { return false }
        bodyRemaining = due - byteCount
        if byteCount == due { state = answer == nil ? .held : .answering }
        return true
    }

    private func send() -> Bool {
        guard let answer else { return false }
        while sent < answer.count {
            switch stream.write(UnsafeRawBufferPointer(rebasing: answer[sent...])) {
            case .bytes(let count): sent += count
            case .blocked: return true
            case .ended, .failed: return false
            }
        }
        self.answer = nil
        bodyRemaining = nil
        sent = 0
        state = .reading
        return true
    }
}
