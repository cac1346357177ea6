import Buffers
import Network

/// Reads the PROXY header that a connection begins with, and not a byte past it: what follows may belong to TLS.
struct ProxyHeaderReader {
    enum Outcome {
        /// It has not come whole.
        case nothing
        /// Whom it names.
        case source(IPAddressWords, port: UInt16)
        /// It names no client: the peer is the client (LOCAL, UNKNOWN).
        case local
        case malformed
        case gone
    }

    /// An address as two words.
    struct IPAddressWords {
        let high: UInt64
        let low: UInt64
    }

    /// The part that was received.
    private var buffer: ByteBuffer?

    mutating func read(_ stream: Stream, _ memory: TransferMemory) -> Outcome {
        let buffer = buffer ?? memory.small.take()
        self.buffer = buffer
        while true {
            switch ProxyProtocol.parse(buffer.readable) {
            case .needsMore(let atMost):
                switch stream.read(into: buffer, limit: atMost) {
                case .bytes: continue
                case .blocked: return .nothing
                case .endOfStream, .failed: return .gone
                }
            case .addresses(let high, let low, let port): return .source(IPAddressWords(high: high, low: low), port: port)
            case .local: return .local
            case .malformed: return .malformed
            }
        }
    }

    /// It is not needed any more.
    mutating func end(_ memory: TransferMemory) {
        if let buffer { memory.give(buffer) }
        buffer = nil
    }
}
