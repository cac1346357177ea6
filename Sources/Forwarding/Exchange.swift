import Balancing
import Model
import Puppet
import Routing

/// What next for this request? One request and its response, from the decision where it goes to the last byte.
///
/// An event goes in, one small step comes out; bytes, sockets and clocks are the Engine's. States and their legal successors:
/// ```
/// idle        → seeking | ended            decided
/// seeking     → queued | connecting | ended  the pool has been asked
/// queued      → connecting | ended
/// connecting  → waiting | seeking | ended    a connection to the assigned server is being made or taken
/// waiting     → answering | seeking | connecting | ended   the request is on its way, no byte of an answer has come
/// answering   → ended                        the answer is being passed on
/// ```
/// Invariants: a server's slot is held exactly in connecting, waiting and answering, and is in `release` of exactly one later step;
/// the pool knows the ticket as queued exactly in `queued`; nothing is sent again once a byte of an answer has come.
/// RFC 9110 section 9.2.2 says which methods may be repeated; that a catalog and a node may is what Puppet Server makes of them.
package struct Exchange: Sendable {
    package enum State: Sendable { case idle, seeking, queued, connecting, waiting, answering, ended }

    package private(set) var state: State = .idle
    /// Where the decision sent it, or where that overflows to.
    package private(set) var pool: PoolIndex?
    package private(set) var rule: RuleID?
    /// Servers that have been tried and are left out when the pool is asked again.
    package private(set) var tried = TriedServers()
    package private(set) var assignment: Assignment?
    /// How often the request has been sent, or tried to be sent, again.
    package private(set) var retries = 0
    /// How often it was sent again to the same server, since that had closed a kept connection: no try of a retry.
    package private(set) var resends = 0
    /// What the next submission to the pool is.
    package private(set) var attempt: PoolRequest.Attempt = .first
    /// Its place among those that wait, once a server was assigned.
    package private(set) var place: QueuePlace?
    /// Why it ended without its answer; nil while it runs and when all went well.
    package private(set) var failure: Reason?
    /// True when the failure was a time that ran out (the termination state's small letter).
    package private(set) var failedByTimeout = false

    /// Whether the request may be sent again after a server may have acted on it: GET, HEAD, node, catalog.
    private var isRepeatable = false
    private var attempts = 0
    private var lastFailure: Reason = .connectFailed
    private var lastFailureByTimeout = false
    /// Some of the request has reached a server.
    private var mayHaveActed = false
    /// The answer under way says that the server cannot serve.
    private var answerIsFailure = false

    package init() {}

    /// Begins a request.
    /// - Parameters:
    ///   - isRepeatable: see `PuppetRequest.isRepeatable`
    ///   - attempts: how often it may be sent again (`retry.attempts` of the pool)
    package mutating func begin(_ decision: Decision, isRepeatable: Bool, attempts: Int) -> ExchangeStep {
        self = Exchange()
        switch decision {
        case .forward(let pool, let rule):
            self.pool = pool
            self.rule = rule
            self.isRepeatable = isRepeatable
            self.attempts = attempts
            state = .seeking
            return ExchangeStep(.submit)
        case .refuse(let reason, let rule):
            self.rule = rule
            return end(.respond(reason), reason)
        }
    }

    /// The pool that takes it instead of the decided one, before it was submitted (`Overflow`).
    package mutating func move(to pool: PoolIndex) {
        guard state == .seeking else { return }
        self.pool = pool
    }

    /// A request that is refused before any decision: malformed, too large, too slow.
    package mutating func refuse(_ reason: Reason, byTimeout: Bool = false) -> ExchangeStep {
        self = Exchange()
        return end(.respond(reason), reason, byTimeout: byTimeout)
    }

    package mutating func handle(_ event: ExchangeEvent) -> ExchangeStep {
        switch event {
        case .assigned(let assignment): assigned(assignment)
        case .queued: queued()
        case .refused(let reason): refusedByPool(reason)
        case .connected: connected()
        case .connectFailed(let byTimeout): connectFailed(byTimeout: byTimeout)
        case .lost(let loss): lost(loss)
        case .answerBegan(let isFailure): answerBegan(isFailure: isFailure)
        case .answerEnded: answerEnded()
        case .answerMalformed: answerMalformed()
        case .answerTimedOut: answerTimedOut()
        case .requestMalformed: requestBroke(.badRequest)
        case .requestTimedOut: requestBroke(.requestTimeout, byTimeout: true)
        case .clientGone: clientGone()
        case .serverDown(let bodyAtHand): serverDown(bodyAtHand: bodyAtHand)
        }
    }

    // MARK: The pool's answers

    private mutating func assigned(_ assignment: Assignment) -> ExchangeStep {
        // An assignment that crossed with the client's going away: its slot is given back at once.
        guard state == .seeking || state == .queued else {
            return ExchangeStep(.wait, release: SlotRelease(assignment: assignment, verdict: .none))
        }
        self.assignment = assignment
        place = assignment.place
        state = .connecting
        return ExchangeStep(.connect(fresh: assignment.isTrial))
    }

    private mutating func queued() -> ExchangeStep {
        if state == .seeking { state = .queued }
        return ExchangeStep(.wait)
    }

    private mutating func refusedByPool(_ reason: Reason) -> ExchangeStep {
        guard state == .seeking || state == .queued else { return ExchangeStep(.wait) }
        // The ticket has ended with this answer.
        state = .seeking
        if retries > 0, reason == .noServer {
            // Every server was tried: once more from the first, as a lone server's passing failure may be over.
            if !tried.isEmpty {
                tried = TriedServers()
                return ExchangeStep(.submit)
            }
            // Nobody is left: what counts is why the last try failed.
            return end(.respond(lastFailure), lastFailure, byTimeout: lastFailureByTimeout)
        }
        return end(.respond(reason), reason, byTimeout: reason == .queueTimeout)
    }

    // MARK: The server's side

    private mutating func connected() -> ExchangeStep {
        guard state == .connecting else { return ExchangeStep(.wait) }
        state = .waiting
        let isTrial = assignment?.isTrial ?? false
        return ExchangeStep(.send, connected: isTrial ? assignment?.server : nil)
    }

    private mutating func connectFailed(byTimeout: Bool) -> ExchangeStep {
        guard state == .connecting else { return ExchangeStep(.wait) }
        return tryElsewhere(.connectFailed, byTimeout: byTimeout, .connectFailed)
    }

    private mutating func lost(_ loss: ExchangeEvent.Loss) -> ExchangeStep {
        switch state {
        case .connecting:
            return tryElsewhere(.connectFailed, byTimeout: false, .connectFailed)
        case .waiting:
            guard loss.bodyAtHand, isRepeatable || !loss.sentAnything else {
                return end(.respond(.badResponse), .badResponse, loss.wasReused ? .none : .answerFailed)
            }
            if loss.wasReused {
                // The server closed an idle connection while the request was on its way: no fault of the server's.
                state = .connecting
                resends += 1
                mayHaveActed = mayHaveActed || loss.sentAnything
                return ExchangeStep(.connect(fresh: true))
            }
            return tryElsewhere(.badResponse, byTimeout: false, .answerFailed, isRepeat: loss.sentAnything)
        case .answering:
            return end(.cut, .cut, .answerFailed)
        case .idle, .seeking, .queued, .ended:
            return ExchangeStep(.wait)
        }
    }

    private mutating func tryElsewhere(_ reason: Reason, byTimeout: Bool, _ verdict: Verdict, isRepeat: Bool = false) -> ExchangeStep {
        guard let failed = assignment, retries < attempts else { return end(.respond(reason), reason, verdict, byTimeout: byTimeout) }
        lastFailure = reason
        lastFailureByTimeout = byTimeout
        retries += 1
        mayHaveActed = mayHaveActed || isRepeat
        attempt = mayHaveActed ? .repeat : .redispatch
        tried.insert(failed.server)
        assignment = nil
        state = .seeking
        return ExchangeStep(.submit, release: SlotRelease(assignment: failed, verdict: verdict))
    }

    /// Its checks say that the server is gone: what it has not begun to answer is repeated elsewhere where it may be, rather than waited
    /// for as long as an agent waits.
    private mutating func serverDown(bodyAtHand: Bool) -> ExchangeStep {
        guard retries < attempts, bodyAtHand, state == .connecting || state == .waiting && isRepeatable else { return ExchangeStep(.wait) }
        return tryElsewhere(state == .connecting ? .connectFailed : .badResponse, byTimeout: false, .none, isRepeat: state == .waiting)
    }

    private mutating func answerBegan(isFailure: Bool) -> ExchangeStep {
        guard state == .waiting else { return ExchangeStep(.wait) }
        state = .answering
        answerIsFailure = isFailure
        return ExchangeStep(.forward)
    }

    private mutating func answerEnded() -> ExchangeStep {
        guard state == .answering else { return ExchangeStep(.wait) }
        let release = slot(answerIsFailure ? .answerFailed : .served)
        state = .ended
        return ExchangeStep(.finish, release: release)
    }

    private mutating func answerMalformed() -> ExchangeStep {
        switch state {
        case .waiting: end(.respond(.badResponse), .badResponse, .answerFailed)
        case .answering: end(.cut, .cut, .answerFailed)
        default: ExchangeStep(.wait)
        }
    }

    private mutating func answerTimedOut() -> ExchangeStep {
        switch state {
        case .connecting: tryElsewhere(.connectFailed, byTimeout: true, .connectFailed)
        case .waiting: end(.respond(.responseTimeout), .responseTimeout, .answerFailed, byTimeout: true)
        case .answering: end(.cut, .cut, .answerFailed, byTimeout: true)
        default: ExchangeStep(.wait)
        }
    }

    // MARK: The agent's side

    private mutating func requestBroke(_ reason: Reason, byTimeout: Bool = false) -> ExchangeStep {
        switch state {
        case .ended: ExchangeStep(.wait)
        case .answering: end(.cut, reason, byTimeout: byTimeout)
        default: end(.respond(reason), reason, byTimeout: byTimeout)
        }
    }

    private mutating func clientGone() -> ExchangeStep {
        // The server may be done while the agent still takes the answer's last bytes.
        guard state != .ended else {
            if failure == nil { failure = .clientGone }
            return ExchangeStep(.abandon)
        }
        return end(.abandon, .clientGone)
    }

    private mutating func end(
        _ action: ExchangeAction, _ reason: Reason, _ verdict: Verdict = .none, byTimeout: Bool = false
    ) -> ExchangeStep {
        let step = ExchangeStep(action, release: slot(verdict), cancelsTicket: state == .queued)
        state = .ended
        failure = reason
        failedByTimeout = byTimeout
        return step
    }

    /// The slot that is held, if one is.
    private func slot(_ verdict: Verdict) -> SlotRelease? {
        switch state {
        case .connecting, .waiting, .answering: assignment.map { SlotRelease(assignment: $0, verdict: verdict) }
        case .idle, .seeking, .queued, .ended: nil
        }
    }
}
