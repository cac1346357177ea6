import LoadKit

/// One agent's connection: it walks through the workload, a request at a time.
///
/// opening → idle ⇄ asking; an agent that has asked all that it had to ask is closed by its owner.
final class AgentConnection {
    enum State { case opening, idle, asking }
    enum Progress {
        case waiting, opened, answered
        case failed(String)
    }

    let stream: ByteStream
    private(set) var state = State.opening
    /// How many answers it has had, and so where in the workload it stands.
    private(set) var answered = 0
    private var sent = 0
    private var parser = AnswerParser()

    init(stream: ByteStream) {
        self.stream = stream
    }

    /// Goes as far as it can after its descriptor became ready.
    func proceed(_ script: RequestScript, _ buffer: UnsafeMutableRawBufferPointer) -> Progress {
        switch state {
        case .opening:
            switch stream.handshake() {
            case .blocked: return .waiting
            case .failed: return .failed("the handshake failed")
            case .done:
                state = .idle
                return .opened
            }
        case .idle:
            return .waiting
        case .asking:
            if sent < script.request(answered).count, let mistake = send(script) { return .failed(mistake) }
            return receive(script, buffer)
        }
    }

    /// Sends the next request of its script. The connection is idle.
    func ask(_ script: RequestScript) -> String? {
        state = .asking
        sent = 0
        return send(script)
    }

    private func send(_ script: RequestScript) -> String? {
        let request = script.request(answered)
        while sent < request.count {
            switch stream.write(UnsafeRawBufferPointer(rebasing: request[sent...])) {
            case .bytes(let count): sent += count
            case .blocked: return nil
            case .ended, .failed: return "the connection broke while request \(answered) was sent"
            }
        }
        return nil
    }

    private func receive(_ script: RequestScript, _ buffer: UnsafeMutableRawBufferPointer) -> Progress {
        while true {
            switch stream.read(into: buffer) {
            case .bytes(let count):
                switch parser.consume(UnsafeRawBufferPointer(rebasing: buffer[..<count]), expecting: script.entry(answered)) {
                case .more: break
                case .wrongStatus(_, let head): return .failed("expected status \(script.entry(answered).status): \(head)")
                case .wrong(let mistake): return .failed(mistake)
                case .whole:
                    answered += 1
                    state = .idle
                    return .answered
                }
                // A short read of a plain socket has emptied it; what comes later has an event of its own.
                if stream.session == nil, count < buffer.count { return .waiting }
            case .blocked: return .waiting
            case .ended, .failed: return .failed("the connection broke while answer \(answered) was due")
            }
        }
    }
}
