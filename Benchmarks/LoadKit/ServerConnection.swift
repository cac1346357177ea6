/// One connection from a proxy or an agent: reads a request, discards its body, sends the response, and repeats.
///
/// opening → reading (head, then body) → responding → reading, with held between the two where the response is not known at once.
package final class ServerConnection {
    package enum Progress {
        case waiting
        /// A whole request was received, and `respond(_:)` is still to give its response.
        case asked
        case over
    }

    private enum State { case opening, reading, held, responding }

    package let stream: ByteStream
    private var state = State.opening
    private var partialHead: [UInt8] = []
    /// Of the request whose head was received; nil between requests.
    private var bodyRemaining: Int?
    private var response: UnsafeRawBufferPointer?
    private var sent = 0

    package init(stream: ByteStream) {
        self.stream = stream
    }

    /// Proceeds as far as it can after its descriptor became ready.
    /// - Parameter responder: gets each request's head and gives the response to it, or nil: later
    package func proceed(
        _ responder: (UnsafeRawBufferPointer) -> UnsafeRawBufferPointer?, _ buffer: UnsafeMutableRawBufferPointer
    ) -> Progress {
        while true {
            switch state {
            case .opening:
                switch stream.handshake() {
                case .blocked: return .waiting
                case .failed: return .over
                case .done: state = .reading
                }
            case .responding:
                guard send() else { return .over }
                if state == .responding { return .waiting }
            case .held:
                // No client sends a second request before the response: this event is the end.
                if case .blocked = stream.read(into: buffer) { return .waiting }
                return .over
            case .reading:
                switch stream.read(into: buffer) {
                case .blocked: return .waiting
                case .ended, .failed: return .over
                case .bytes(let count):
                    guard take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), responder) else { return .over }
                    if state == .held { return .asked }
                    // The next request cannot have arrived yet; its arrival is another event.
                    if state == .responding { return send() ? .waiting : .over }
                    if stream.session == nil, count < buffer.count { return .waiting }
                }
            }
        }
    }

    /// Responds to the request that is held. False when the connection is over.
    package func respond(_ bytes: UnsafeRawBufferPointer) -> Bool {
        response = bytes
        state = .responding
        return send()
    }

    /// False for what no proxy should send: a chunked body, or bytes after the request.
    private func take(_ bytes: UnsafeRawBufferPointer, _ responder: (UnsafeRawBufferPointer) -> UnsafeRawBufferPointer?) -> Bool {
        if bodyRemaining != nil { return takeBody(bytes.count) }
        if partialHead.isEmpty, let head = MessageHead(bytes) { return begin(head, bytes, responder) }
        partialHead += bytes
        return partialHead.withUnsafeBytes { whole in
            guard let head = MessageHead(whole) else { return true }
            defer { partialHead.removeAll(keepingCapacity: true) }
            return begin(head, whole, responder)
        }
    }

    private func begin(
        _ head: MessageHead, _ bytes: UnsafeRawBufferPointer, _ responder: (UnsafeRawBufferPointer) -> UnsafeRawBufferPointer?
    ) -> Bool {
        guard !head.isChunked else { return false }
        response = responder(UnsafeRawBufferPointer(rebasing: bytes[..<head.byteCount]))
        bodyRemaining = head.contentLength ?? 0
        return takeBody(bytes.count - head.byteCount)
    }

    private func takeBody(_ byteCount: Int) -> Bool {
        guard let due = bodyRemaining, byteCount <= due else { return false }
        bodyRemaining = due - byteCount
        if byteCount == due { state = response == nil ? .held : .responding }
        return true
    }

    private func send() -> Bool {
        guard let response else { return false }
        while sent < response.count {
            switch stream.write(UnsafeRawBufferPointer(rebasing: response[sent...])) {
            case .bytes(let count): sent += count
            case .blocked: return true
            case .ended, .failed: return false
            }
        }
        self.response = nil
        bodyRemaining = nil
        sent = 0
        state = .reading
        return true
    }
}
