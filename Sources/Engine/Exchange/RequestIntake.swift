import Buffers
import Forwarding
import HTTP1
import Model
import Puppet
import Settings

/// Is the request understood, and is enough of it here to ask for a server?
///
/// It reads content that the decision or a server's slot needs, within `limits.held_bodies`, and asks for it where the client waits with
/// `Expect: 100-continue`. What was read stays in the client's side.
struct RequestIntake: ~Copyable {
    /// What `read` found.
    enum Progress {
        /// Nothing now.
        case nothing
        case clientGone
        case outcome(RequestClassifier.Outcome)
    }

    private(set) var request = PuppetRequest()
    /// 100 Continue was sent from here, so Expect is not forwarded.
    private(set) var hasSentContinue = false
    /// Its content is not read before there is room for it.
    private(set) var waitsForRoom = false
    /// What it holds of `limits.held_bodies`, or waits for.
    private(set) var reservation = 0
    private var classifier = RequestClassifier()
    /// Its client has shown a certificate.
    private var isVerified = false
    /// How much of the request is read next, the head included.
    private var wanted = 0

    var hasWholeContent: Bool { classifier.hasWholeContent }
    /// Only content is missing.
    var isClassified: Bool { classifier.isClassified }

    /// Whether the target is exactly `path`, for a request that only reads.
    static func isTarget(_ path: [UInt8], _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>) -> Bool {
        guard head.method == .get || head.method == .head, head.target.count == path.count else { return false }
        for index in path.indices where bytes[head.target.lower + index] != path[index] { return false }
        return true
    }

    /// The head has arrived.
    mutating func begin(
        _ downstream: DownstreamSide, _ received: ByteBuffer, _ limits: LimitSettings, of client: ClientContext
    ) -> RequestClassifier.Outcome {
        hasSentContinue = false
        isVerified = client.identity != nil
        let isOperator = client.identity?.mayOperateCA ?? false
        return note(classifier.begin(downstream.head, received, &request, Self.bounds(limits), isOperator: isOperator))
    }

    /// Reads more of the content.
    mutating func read(_ downstream: DownstreamSide, _ limits: LimitSettings) -> Progress {
        guard !waitsForRoom else { return .nothing }
        if case .gone = downstream.flush() { return .clientGone }
        switch downstream.receive(upTo: wanted) {
        case .nothing: return .nothing
        case .gone: return .clientGone
        case .more:
            guard let received = downstream.received else { return .nothing }
            return .outcome(note(classifier.look(downstream.head, received, &request, Self.bounds(limits))))
        }
    }

    private mutating func note(_ outcome: RequestClassifier.Outcome) -> RequestClassifier.Outcome {
        if case .needsContent(let byteCount) = outcome { wanted = byteCount }
        return outcome
    }

    private static func bounds(_ limits: LimitSettings) -> RequestClassifier.Bounds {
        RequestClassifier.Bounds(hold: limits.bodyPrefix, scan: limits.bodyScan)
    }

    // MARK: Room for content

    /// Before content is read that will be held.
    mutating func reserveRoom(_ downstream: DownstreamSide, _ limits: LimitSettings, in bodies: BodyQueue, for exchange: ExchangeDriver) {
        reservation = RequestRelay.expectedContent(downstream.head, isClassified ? limits.bodyPrefix : limits.bodyScan)
        waitsForRoom = !bodies.reserve(reservation, for: exchange, isVerified: isVerified, limit: limits.heldBodies)
        askForContent(downstream)
    }

    /// There is room for the content now, and it is reserved.
    mutating func roomCame(_ downstream: DownstreamSide) {
        waitsForRoom = false
        askForContent(downstream)
    }

    private mutating func askForContent(_ downstream: DownstreamSide) {
        guard downstream.head.expectsContinue, !waitsForRoom else { return }
        hasSentContinue = true
        downstream.sendContinue()
    }

    /// The request is over.
    mutating func end(_ downstream: DownstreamSide, _ bodies: BodyQueue, _ budget: BodyBudget, for exchange: ExchangeDriver) {
        classifier.end()
        if waitsForRoom {
            bodies.remove(exchange)
        } else if reservation > 0 {
            budget.release(reservation, isVerified: isVerified)
        }
        waitsForRoom = false
        reservation = 0
    }
}
