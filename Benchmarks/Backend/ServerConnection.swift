import LoadKit

/// One connection from a proxy: reads a request, swallows its body, sends the answer, and again.
///
/// opening → reading (head, then body) → answering → reading.
final class ServerConnection {
    private enum State { case opening, reading, answering }

    private let stream: ByteStream
    private var state = State.opening
    private var partialHead: [UInt8] = []
    private var bodyRemaining = 0
    private var answer: UnsafeRawBufferPointer?
    private var sent = 0

    init(stream: ByteStream) {
        self.stream = stream
    }

    /// Goes as far as it can after its descriptor became ready. False when the connection is over.
    func proceed(_ answers: AnswerTable, _ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        while true {
            switch state {
            case .opening:
                switch stream.handshake() {
                case .blocked: return true
                case .failed: return false
                case .done: state = .reading
                }
            case .answering:
                guard send() else { return false }
                if state == .answering { return true }
            case .reading:
                switch stream.read(into: buffer) {
                case .blocked: return true
                case .ended, .failed: return false
                case .bytes(let count):
                    guard take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), answers) else { return false }
                    if state == .answering {
                        guard send() else { return false }
                        // The next request cannot be here yet; its arrival is an event of its own.
                        return true
                    }
                    if stream.session == nil, count < buffer.count { return true }
                }
            }
        }
    }

    /// False for what no proxy should send: a chunked body, or bytes after the request.
    private func take(_ bytes: UnsafeRawBufferPointer, _ answers: AnswerTable) -> Bool {
        if answer != nil { return takeBody(bytes.count) }
        if partialHead.isEmpty, let head = MessageHead(bytes) { return begin(head, bytes, answers) }
        partialHead += bytes
        return partialHead.withUnsafeBytes { whole in
            guard let head = MessageHead(whole) else { return true }
            defer { partialHead.removeAll(keepingCapacity: true) }
            return begin(head, whole, answers)
        }
    }

    private func begin(_ head: MessageHead, _ bytes: UnsafeRawBufferPointer, _ answers: AnswerTable) -> Bool {
        guard !head.isChunked else { return false }
        answer = answers.answer(bytes)
        sent = 0
        bodyRemaining = head.contentLength ?? 0
        return takeBody(bytes.count - head.byteCount)
    }

    private func takeBody(_ byteCount: Int) -> Bool {
        guard byteCount <= bodyRemaining else { return false }
        bodyRemaining -= byteCount
        if bodyRemaining == 0 { state = .answering }
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
        state = .reading
        return true
    }
}
