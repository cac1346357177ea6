import Balancing
import Model
import Puppet
import Routing

/// What next for this request? One request and its response, from the first byte of its head to the last byte that the client takes.
///
/// An event goes in, one small step comes out; bytes, sockets and clocks are the Engine's. States and their legal successors:
/// ```
/// idle             → readingHead
/// readingHead      → readingContent | seeking | responding | ended
/// readingContent   → seeking | responding | ended     content that the decision, or a slot, needs
/// seeking          → queued | connecting | responding | ended   the pool has been asked
/// queued           → connecting | seeking | responding | ended
/// connecting       → awaitingResponse | seeking | responding | ended   a connection to the assigned server is made or taken
/// awaitingResponse → forwarding | seeking | connecting | responding | ended   the request is sent, no byte of a response has arrived
/// forwarding       → delivering | ended               the server's response is passed on
/// delivering       → ended                            the server is done; the client takes the rest
/// responding       → ended                            a response made here is passed on
/// ```
/// Invariants: a server's slot is held exactly in connecting, awaitingResponse and forwarding, and is in `release` of exactly one later
/// step; the pool knows the ticket as queued exactly in `queued`; nothing is sent again once a byte of a response has arrived; every
/// exchange ends by exactly one of `finish`, `cut` and `abandon`.
/// RFC 9110 section 9.2.2 says which methods may be repeated; that a catalog and a node may is Puppet Server's property.
public struct ExchangeStateMachine: Sendable {
    public enum State: Sendable {
        case idle, readingHead, readingContent, seeking, queued, connecting, awaitingResponse, forwarding, delivering, responding, ended
    }

    package private(set) var state: State = .idle
    /// Where the decision sent it, or where that overflows to.
    package private(set) var pool: PoolIndex?
    package private(set) var rule: RuleID?
    /// Servers that have been tried and are left out when the pool is asked again.
    package private(set) var tried = TriedServers()
    package private(set) var assignment: Assignment?
    /// How often the request has been sent, or tried to be sent, again.
    package private(set) var retries = 0
    /// How many instances had no server for it.
    package private(set) var declines = 0
    /// How often it was sent again to the same server, since that had closed a kept connection: no try of a retry.
    package private(set) var resends = 0
    /// What the next submission to the pool is.
    package private(set) var attempt: PoolRequest.Attempt = .first
    /// Its place in the queue, once a server was assigned: a retry keeps it.
    package private(set) var place: QueuePlace?
    /// Why it ended without the server's response; nil while it runs and when all went well.
    package private(set) var failure: Reason?
    /// True when the failure was a time that ran out (the termination state's small letter).
    package private(set) var failedByTimeout = false
    /// Where it was when it failed.
    package private(set) var failedIn: State = .idle

    /// Whether the request may be sent again after a server may have acted on it: GET, HEAD, node, catalog.
    private var isRepeatable = false
    private var attempts = 0
    private var lastFailure: Reason = .connectFailed
    private var lastFailureByTimeout = false
    /// Some of the request has reached a server.
    private var mayHaveActed = false
    /// The response under way says that the server cannot serve.
    private var responseIsFailure = false

    package init() {}

    /// The first byte of a request has arrived.
    package mutating func start() {
        self = ExchangeStateMachine()
        state = .readingHead
    }

    /// The head alone does not say enough.
    package mutating func readContent() {
        if state == .readingHead { state = .readingContent }
    }

    /// The request is understood.
    /// - Parameters:
    ///   - isRepeatable: GET and HEAD, and what Puppet Server lets repeat (`PuppetEndpoint.mayRepeat`)
    ///   - attempts: how often it may be sent again (`retry.attempts` of the pool)
    package mutating func decide(_ decision: Decision, isRepeatable: Bool, attempts: Int) -> ExchangeStep {
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
            return respond(reason)
        }
    }

    /// The pool that takes it instead of the decided one, before it was submitted (`Overflow`).
    package mutating func move(to pool: PoolIndex) {
        guard state == .seeking else { return }
        self.pool = pool
    }

    /// A request that is refused before any decision: malformed, too large, too slow, revoked.
    package mutating func refuse(_ reason: Reason) -> ExchangeStep { respond(reason) }

    /// The request is for this instance itself (`status_path`): its response is made here and is no failure.
    package mutating func respondHere() {
        failedIn = state
        state = .responding
    }

    package mutating func handle(_ event: ExchangeEvent) -> ExchangeStep {
        switch event {
        case .assigned(let assignment): assigned(assignment)
        case .queued: queued()
        case .refused(let reason): refusedByPool(reason)
        case .connected: connected()
        case .connectFailed(let byTimeout): connectFailed(byTimeout: byTimeout)
        case .lost(let loss): lost(loss)
        case .responseBegan(let isFailure): responseBegan(isFailure: isFailure)
        case .declined(let reason, let bodyAtHand): declined(reason, bodyAtHand: bodyAtHand)
        case .responseEnded: responseEnded()
        case .responseMalformed: responseMalformed()
        case .responseTimedOut: responseTimedOut()
        case .requestMalformed: requestBroke(.badRequest)
        case .requestTimedOut: requestBroke(.requestTimeout, byTimeout: true)
        case .clientTooSlow: clientTooSlow()
        case .clientGone: clientGone()
        case .delivered: delivered()
        case .serverDown(let bodyAtHand, let reached): serverDown(bodyAtHand: bodyAtHand, reachedServer: reached)
        }
    }

    // MARK: The pool's replies

    private mutating func assigned(_ assignment: Assignment) -> ExchangeStep {
        // An assignment that crossed with the client's end: its slot is given back at once.
        guard state == .seeking || state == .queued else {
            return ExchangeStep(.none, release: SlotRelease(assignment: assignment, verdict: .none))
        }
        self.assignment = assignment
        place = assignment.place
        state = .connecting
        return ExchangeStep(.connect(fresh: assignment.isTrial))
    }

    private mutating func queued() -> ExchangeStep {
        if state == .seeking { state = .queued }
        return ExchangeStep(.none)
    }

    private mutating func refusedByPool(_ reason: Reason) -> ExchangeStep {
        guard state == .seeking || state == .queued else { return ExchangeStep(.none) }
        // The ticket has ended with this reply.
        state = .seeking
        if retries + declines > 0, reason == .noServer {
            // Every server was tried: once more from the first, as a lone server's passing failure may be over.
            if !tried.isEmpty, declines == 0 {
                tried = TriedServers()
                return ExchangeStep(.submit)
            }
            // No server is left: what counts is why the last try failed.
            return respond(lastFailure, byTimeout: lastFailureByTimeout)
        }
        return respond(reason, byTimeout: reason == .queueTimeout)
    }

    // MARK: The server's side

    private mutating func connected() -> ExchangeStep {
        guard state == .connecting else { return ExchangeStep(.none) }
        state = .awaitingResponse
        let isTrial = assignment?.isTrial ?? false
        return ExchangeStep(.send, connected: isTrial ? assignment?.server : nil)
    }

    private mutating func connectFailed(byTimeout: Bool) -> ExchangeStep {
        guard state == .connecting else { return ExchangeStep(.none) }
        return tryElsewhere(.connectFailed, byTimeout: byTimeout, .connectFailed)
    }

    private mutating func lost(_ loss: ExchangeEvent.Loss) -> ExchangeStep {
        switch state {
        case .connecting:
            return tryElsewhere(.connectFailed, byTimeout: false, .connectFailed)
        case .awaitingResponse:
            guard loss.bodyAtHand, isRepeatable || !loss.sentAnything || !loss.reachedServer else {
                return respond(.badResponse, loss.wasReused ? .none : .responseFailed)
            }
            if !loss.reachedServer, loss.sentAnything {
                // All that an instance had goes elsewhere at once, and nothing to it until a connection to it is established.
                return tryElsewhere(.badResponse, byTimeout: false, .connectFailed)
            }
            if loss.wasReused {
                // The server closed an idle connection while the request was on its way: no fault of the server's.
                state = .connecting
                resends += 1
                mayHaveActed = mayHaveActed || loss.sentAnything
                return ExchangeStep(.connect(fresh: true))
            }
            return tryElsewhere(.badResponse, byTimeout: false, .responseFailed, isRepeat: loss.sentAnything)
        case .forwarding:
            return end(.cut, .cut, .responseFailed)
        case .idle, .readingHead, .readingContent, .seeking, .queued, .delivering, .responding, .ended:
            return ExchangeStep(.none)
        }
    }

    private mutating func tryElsewhere(_ reason: Reason, byTimeout: Bool, _ verdict: Verdict, isRepeat: Bool = false) -> ExchangeStep {
        guard let failed = assignment, retries < attempts else { return respond(reason, verdict, byTimeout: byTimeout) }
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

    /// Its checks found the server down: a request without the first byte of a response is repeated elsewhere if it may be, rather than waited
    /// for as long as an agent waits.
    private mutating func serverDown(bodyAtHand: Bool, reachedServer: Bool) -> ExchangeStep {
        let isAwaiting = state == .awaitingResponse
        guard retries < attempts, bodyAtHand, state == .connecting || isAwaiting && (isRepeatable || !reachedServer) else {
            return ExchangeStep(.none)
        }
        let reason: Reason = isAwaiting ? .badResponse : .connectFailed
        return tryElsewhere(reason, byTimeout: false, .none, isRepeat: isAwaiting && reachedServer)
    }

    /// The next instance or server, if there is one. The instance is not at fault.
    private mutating func declined(_ reason: Reason, bodyAtHand: Bool) -> ExchangeStep {
        guard state == .awaitingResponse, let failed = assignment else { return ExchangeStep(.none) }
        guard bodyAtHand, declines < TriedServers.capacity else { return respond(reason) }
        lastFailure = reason
        lastFailureByTimeout = false
        declines += 1
        attempt = mayHaveActed ? .repeat : .redispatch
        tried.insert(failed.server)
        assignment = nil
        state = .seeking
        return ExchangeStep(.submit, release: SlotRelease(assignment: failed, verdict: .none))
    }

    private mutating func responseBegan(isFailure: Bool) -> ExchangeStep {
        guard state == .awaitingResponse else { return ExchangeStep(.none) }
        state = .forwarding
        responseIsFailure = isFailure
        return ExchangeStep(.none)
    }

    private mutating func responseEnded() -> ExchangeStep {
        guard state == .forwarding else { return ExchangeStep(.none) }
        let release = slot(responseIsFailure ? .responseFailed : .served)
        state = .delivering
        return ExchangeStep(.deliver, release: release)
    }

    private mutating func responseMalformed() -> ExchangeStep {
        switch state {
        case .awaitingResponse: respond(.badResponse, .responseFailed)
        case .forwarding: end(.cut, .cut, .responseFailed)
        default: ExchangeStep(.none)
        }
    }

    private mutating func responseTimedOut() -> ExchangeStep {
        switch state {
        case .connecting: tryElsewhere(.connectFailed, byTimeout: true, .connectFailed)
        case .awaitingResponse: respond(.responseTimeout, .responseFailed, byTimeout: true)
        case .forwarding: end(.cut, .cut, .responseFailed, byTimeout: true)
        default: ExchangeStep(.none)
        }
    }

    // MARK: The client's side

    private mutating func requestBroke(_ reason: Reason, byTimeout: Bool = false) -> ExchangeStep {
        switch state {
        case .idle, .delivering, .responding, .ended: ExchangeStep(.none)
        case .forwarding: end(.cut, reason, byTimeout: byTimeout)
        default: respond(reason, byTimeout: byTimeout)
        }
    }

    /// It keeps a server's slot and moves too little.
    private mutating func clientTooSlow() -> ExchangeStep {
        switch state {
        case .awaitingResponse: respond(.tooSlow, byTimeout: true)
        case .forwarding: end(.cut, .tooSlow, byTimeout: true)
        default: ExchangeStep(.none)
        }
    }

    private mutating func clientGone() -> ExchangeStep {
        switch state {
        case .idle, .ended: return ExchangeStep(.none)
        case .responding:
            // Its reason stays, where there is one.
            let step = end(.abandon, failure ?? .clientGone)
            return step
        default: return end(.abandon, .clientGone)
        }
    }

    private mutating func delivered() -> ExchangeStep {
        guard state == .delivering || state == .responding else { return ExchangeStep(.none) }
        state = .ended
        return ExchangeStep(.finish)
    }

    // MARK: Ends

    /// Refuses the request, or reports a failure, by a response of our own.
    private mutating func respond(_ reason: Reason, _ verdict: Verdict = .none, byTimeout: Bool = false) -> ExchangeStep {
        let step = fail(.respond(reason), reason, verdict, byTimeout: byTimeout)
        state = .responding
        return step
    }

    private mutating func end(_ action: ExchangeAction, _ reason: Reason, _ verdict: Verdict = .none, byTimeout: Bool = false)
        -> ExchangeStep
    {
        let step = fail(action, reason, verdict, byTimeout: byTimeout)
        state = .ended
        return step
    }

    private mutating func fail(_ action: ExchangeAction, _ reason: Reason, _ verdict: Verdict, byTimeout: Bool) -> ExchangeStep {
        if failure == nil {
            failure = reason
            failedByTimeout = byTimeout
            failedIn = state
        }
        return ExchangeStep(action, release: slot(verdict), cancelsTicket: state == .queued)
    }

    /// The slot that is held, if one is.
    private func slot(_ verdict: Verdict) -> SlotRelease? {
        switch state {
        case .connecting, .awaitingResponse, .forwarding: assignment.map { SlotRelease(assignment: $0, verdict: verdict) }
        case .idle, .readingHead, .readingContent, .seeking, .queued, .delivering, .responding, .ended: nil
        }
    }
}
