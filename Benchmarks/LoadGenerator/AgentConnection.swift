import LoadKit

/// One agent's connection: it sends the workload, one request at a time.
///
/// opening → idle ⇄ asking; its owner closes it when it has sent all its requests.
final class AgentConnection {
    enum State { case opening, idle, asking }
    enum Progress {
        case waiting, opened, responded
        case failed(String)
    }

    let stream: ByteStream
    private(set) var state = State.opening
    /// How many responses it has received; its next request is that number of the workload.
    private(set) var responseCount = 0
    private var sent = 0
    private var parser = ResponseParser()

    init(stream: ByteStream) {
        self.stream = stream
    }

    /// Proceeds as far as it can after its descriptor became ready.
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
            if sent < script.request(responseCount).count, let mistake = send(script) { return .failed(mistake) }
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
        let request = script.request(responseCount)
        while sent < request.count {
            switch stream.write(UnsafeRawBufferPointer(rebasing: request[sent...])) {
            case .bytes(let count): sent += count
            case .blocked: return nil
            case .ended, .failed: return "the connection broke while request \(responseCount) was sent"
            }
        }
        return nil
    }

    private func receive(_ script: RequestScript, _ buffer: UnsafeMutableRawBufferPointer) -> Progress {
        while true {
            switch stream.read(into: buffer) {
            case .bytes(let count):
                switch parser.consume(UnsafeRawBufferPointer(rebasing: buffer[..<count]), expecting: script.entry(responseCount)) {
                case .more: break
                case .wrongStatus(_, let head): return .failed("expected status \(script.entry(responseCount).status): \(head)")
                case .wrong(let mistake): return .failed(mistake)
                case .whole:
                    responseCount += 1
                    state = .idle
                    return .responded
                }
                // A short read has emptied a plain socket; later bytes cause another event.
                if stream.session == nil, count < buffer.count { return .waiting }
            case .blocked: return .waiting
            case .ended, .failed: return .failed("the connection broke while response \(responseCount) was due")
            }
        }
    }
}
