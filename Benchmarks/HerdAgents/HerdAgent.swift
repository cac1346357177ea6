import LoadKit

/// One agent: connects, asks for its catalog once, waits for it and leaves. It never tries again, as real agents do not.
///
/// opening → waiting → over.
final class HerdAgent {
    private enum State { case opening, waiting, over }

    let stream: ByteStream
    private(set) var record: HerdRecord

    private let entry: WorkloadEntry
    private var state = State.opening
    private var unsent: ArraySlice<UInt8> = []
    private var parser = ResponseParser()
    private var responseBegan = false

    init(number: Int, stream: ByteStream, entry: WorkloadEntry) {
        self.stream = stream
        self.entry = entry
        record = HerdRecord(number: number, connected: secondsNow())
    }

    /// Proceeds as far as it can after its descriptor became ready. False when it has ended.
    func proceed(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        if state == .opening {
            switch stream.handshake() {
            case .blocked: return true
            case .failed: return end("handshake failed")
            case .done:
                state = .waiting
                unsent = entry.requestBytes()[...]
            }
        }
        guard state == .waiting else { return false }
        return send() && receive(buffer)
    }

    /// Gives up if the handshake or the response took too long. False when it has ended.
    func giveUp(now: Double, handshakePatience: Double, responsePatience: Double) -> Bool {
        switch state {
        case .opening: now - record.connected > handshakePatience ? end("no handshake in time") : true
        case .waiting: now - (record.asked ?? record.connected) > responsePatience ? end("no response in time") : true
        case .over: false
        }
    }

    private func end(_ outcome: String) -> Bool {
        record.outcome = outcome
        record.ended = secondsNow()
        state = .over
        return false
    }

    private func send() -> Bool {
        while !unsent.isEmpty {
            switch unsent.withUnsafeBytes(stream.write) {
            case .bytes(let count): unsent = unsent.dropFirst(count)
            case .blocked: return true
            case .ended, .failed: return end("reset")
            }
        }
        if record.asked == nil {
            record.asked = secondsNow()
            unsent = []
        }
        return true
    }

    private func receive(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        while true {
            switch stream.read(into: buffer) {
            case .bytes(let count):
                responseBegan = true
                switch parser.consume(UnsafeRawBufferPointer(rebasing: buffer[..<count]), expecting: entry) {
                case .more: break
                case .whole: return end("catalog")
                case .wrongStatus(let status, _): return end("status \(status)")
                case .wrong: return end("malformed")
                }
            case .blocked: return true
            case .ended, .failed: return end(responseBegan ? "cut" : "reset")
            }
        }
    }
}
