import Buffers
import Forwarding
import HTTP1
import Model

/// The response's way back: upstream → head → downstream, with no more held than one buffer. One value a request.
struct ResponseRelay {
    /// What one step achieved.
    enum Progress {
        /// The server has nothing now.
        case nothing
        /// Something was passed on.
        case passed
        /// The final head and what came of its content have no defect; nothing of them was passed on yet.
        case began
        /// The server's last byte has arrived.
        case ended
        case lost
        case malformed(String)
        /// An instance has no server for the request.
        case declined(Reason)
    }

    /// A buffer that is to be passed on next: checked, but not sent.
    private var checked: ByteBuffer?
    /// The final head has gone to the client's side.
    private(set) var headIsSent = false
    /// The end of the client's connection is the end of the content.
    private(set) var endsWithConnection = false
    /// An instance has said that the request goes to a server now.
    private(set) var reachedServer = false

    /// What the driver decides when a final head has arrived.
    struct HeadDecision {
        /// The client's connection ends after this response.
        let closes: Bool
        /// That end is also the content's end.
        let endsWithConnection: Bool
        /// So many bytes of content are kept for the record.
        let sampleBound: Int
    }

    /// One step.
    /// - Parameters:
    ///   - dropsContinue: 100 Continue was sent from here
    ///   - headCame: called once, with the final head
    mutating func step(
        _ upstream: UpstreamSide, _ downstream: DownstreamSide, memory: TransferMemory, dropsContinue: Bool,
        headCame: (borrowing ResponseHead, borrowing Span<UInt8>) -> HeadDecision
    ) -> Progress {
        if let buffer = checked {
            checked = nil
            headIsSent = true
            downstream.send(buffer)
            return upstream.responseIsWhole ? .ended : .passed
        }
        switch upstream.receive(method: downstream.head.method) {
        case .nothing: return .nothing
        case .interim(let buffer) where upstream.target.isInstance && upstream.responseHead.status == Self.processing:
            reachedServer = true
            upstream.endInterim(buffer)
            return .passed
        case .interim(let buffer):
            if !(dropsContinue && upstream.responseHead.status == 100) {
                downstream.sendInterim(upstream.responseHead, bytes: buffer.readable)
            }
            upstream.endInterim(buffer)
            return .passed
        case .head(let buffer):
            if upstream.target.isInstance, let reason = InstanceRequest.reason(upstream.responseHead, buffer.readable),
                InstanceFields.declines(reason)
            {
                memory.give(buffer)
                return .declined(reason)
            }
            let decision = headCame(upstream.responseHead, buffer.readable)
            return begin(buffer, upstream, downstream, memory, decision)
        case .content(let buffer):
            downstream.send(buffer)
            return upstream.responseIsWhole ? .ended : .passed
        case .ended: return .ended
        case .lost: return .lost
        case .malformed(let reason): return .malformed(reason)
        }
    }

    /// See `InstanceFields`.
    private static let processing = 102

    /// Another try: nothing is known of it yet.
    mutating func restart() { reachedServer = false }

    private mutating func begin(
        _ buffer: ByteBuffer, _ upstream: UpstreamSide, _ downstream: DownstreamSide, _ memory: TransferMemory, _ decision: HeadDecision
    ) -> Progress {
        let room = buffer.start + upstream.responseHead.length
        guard downstream.prepareHead(upstream.responseHead, bytes: buffer.readable, close: decision.closes, room: room) else {
            memory.give(buffer)
            return .malformed("head does not fit")
        }
        do throws(ResponseDefect) {
            let dropsChunking = !downstream.readsChunked && upstream.responseHead.framing == .chunked
            try upstream.beginContent(buffer, dropsChunking: dropsChunking, sampleBound: decision.sampleBound)
        } catch {
            memory.give(buffer)
            return .malformed("\(error)")
        }
        endsWithConnection = decision.endsWithConnection
        checked = buffer
        return .began
    }

    /// The request is over. Where another server is tried nothing of a response was held: see `ExchangeStateMachine`.
    mutating func end(_ memory: TransferMemory) {
        if let checked { memory.give(checked) }
        self = ResponseRelay()
    }
}

extension ResponseHead {
    /// See `Verdict`: Puppet Server's response for a full queue has Retry-After.
    var saysServerCannotServe: Bool {
        switch status {
        case 502, 504: true
        case 503: first(.retryAfter) == nil
        default: false
        }
    }
}
