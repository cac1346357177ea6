import Buffers
import Forwarding
import HTTP1
import Model
import Telemetry

/// What moves between the two sides now, and what does that lead to?
///
/// The request's bytes go one way, the response's the other, the response first: a server may respond before the whole request is sent, and
/// one that responds and closes refuses the rest. A bounded number of pieces moves per turn. One value a request.
struct ExchangeTraffic {
    /// What moving bytes led to.
    enum Outcome: ~Copyable {
        case event(ExchangeEvent)
        /// The rest moves after others had their turn: at the client's readiness, or the server's.
        case yieldsToClient, yieldsToServer
        /// The request's framing is broken.
        case requestMalformed(FramingError)
        case responseMalformed(String)
        /// The server's connection has ended.
        case lost
    }

    /// What the exchange decides about the response once its head has arrived.
    struct Terms {
        /// The client's connection ends in any case.
        var closes: Bool
        /// 100 Continue was sent from here.
        let dropsContinue: Bool
        /// The first bytes of an error response's content are wanted.
        let keepsErrorText: Bool
    }

    /// How many buffers of a response are passed on per turn, so that one connection does not keep the others waiting.
    private static var buffersPerTurn: Int { 16 }

    private(set) var request = RequestRelay()
    private var response = ResponseRelay()
    private var hasYielded = false

    /// The final head has gone to the client's side.
    var responseHeadIsSent: Bool { response.headIsSent }
    /// An instance has said so of the request.
    var instanceReachedServer: Bool { response.reachedServer }
    /// The end of the client's connection is the end of the content.
    var endsWithConnection: Bool { response.endsWithConnection }

    mutating func beginTurn() { hasYielded = false }

    /// See `RequestRelay.prepare`.
    mutating func prepare(
        _ downstream: DownstreamSide, for upstream: UpstreamSide, _ additions: RequestAdditions, memory: TransferMemory, contentBound: Int
    ) -> Bool {
        request.prepare(downstream, for: upstream, additions, memory: memory, contentBound: contentBound)
    }

    /// The request is sent from its start, on another connection.
    mutating func restartRequest() {
        request.restart()
        response.restart()
    }

    /// Moves what can be moved. nil: nothing more now.
    mutating func pump(
        _ upstream: UpstreamSide, _ downstream: DownstreamSide, _ memory: TransferMemory, _ recorder: inout ExchangeRecorder,
        _ terms: inout Terms, now: Int64
    ) -> Outcome? {
        guard !hasYielded else { return nil }
        if let outcome = pumpResponse(upstream, downstream, memory, &recorder, &terms, now) { return outcome }
        guard !request.isSent else { return nil }
        switch request.pump(downstream, upstream) {
        case .sent: recorder.requestWasSent(now: now)
        case .waitsForClient, .waitsForServer: break
        case .yields:
            hasYielded = true
            return .yieldsToClient
        case .clientGone: return .event(.clientGone)
        case .malformed(let defect): return .requestMalformed(defect)
        case .serverFailed:
            // It may have responded before it stopped reading: what it sent counts.
            return pumpResponse(upstream, downstream, memory, &recorder, &terms, now) ?? .lost
        }
        return nil
    }

    private mutating func pumpResponse(
        _ upstream: UpstreamSide, _ downstream: DownstreamSide, _ memory: TransferMemory, _ recorder: inout ExchangeRecorder,
        _ terms: inout Terms, _ now: Int64
    ) -> Outcome? {
        for _ in 0..<Self.buffersPerTurn {
            switch downstream.flush() {
            case .delivered: break
            case .pending: return nil
            case .gone: return .event(.clientGone)
            }
            let progress = response.step(upstream, downstream, memory: memory, dropsContinue: terms.dropsContinue) { head, bytes in
                recorder.responseCame(head, bytes, now: now)
                return Self.decide(head, downstream, &terms)
            }
            switch progress {
            case .nothing: return nil
            case .passed: continue
            case .began: return .event(.responseBegan(isFailure: upstream.responseHead.saysServerCannotServe))
            case .ended: return .event(.responseEnded)
            case .lost: return .lost
            case .malformed(let reason): return .responseMalformed(reason)
            case .declined(let reason): return .event(.declined(reason, bodyAtHand: request.isAtHand))
            }
        }
        hasYielded = true
        return .yieldsToServer
    }

    private static func decide(
        _ head: borrowing ResponseHead, _ downstream: DownstreamSide, _ terms: inout Terms
    ) -> ResponseRelay.HeadDecision {
        let endsWithConnection = head.framing == .untilClose || head.framing == .chunked && !downstream.readsChunked
        terms.closes = terms.closes || endsWithConnection || !downstream.contentIsTaken
        return ResponseRelay.HeadDecision(
            closes: terms.closes, endsWithConnection: endsWithConnection,
            sampleBound: head.status >= 400 && terms.keepsErrorText ? ErrorText.contentBound : 0)
    }

    /// The request is over.
    mutating func end(_ memory: TransferMemory) {
        request.end(memory)
        response.end(memory)
    }
}

extension DownstreamSide.Delivery {
    /// What it means once the response is all that is left to do.
    var event: ExchangeEvent? {
        switch self {
        case .delivered: .delivered
        case .pending: nil
        case .gone: .clientGone
        }
    }
}
