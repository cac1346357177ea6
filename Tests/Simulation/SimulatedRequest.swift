import Balancing
import Forwarding
import Model
import Settings

/// One request with its exchange, and what has really happened to it: the exchange's steps are compared with that.
struct SimulatedRequest {
    var exchange = ExchangeStateMachine()
    let kind: SlotKind
    let queueClass: QueueClass
    let stickKey: [UInt8]
    let isRepeatable: Bool
    /// How often it may be sent again.
    let attempts: Int

    /// The slot that is held for it.
    var slot: Assignment?
    /// Its place in a pool's queue.
    var ticket: Ticket?
    /// All of it is still held, so that it can be sent from its start.
    var bodyAtHand = true
    /// The connection has served other requests before.
    var isReused = false
    /// Some of it was sent to the current server, to any server.
    var sentNow = false
    var sentEver = false
    var answerBegan = false
    var answerIsFailure = false
    private(set) var isEnded = false
    private var submissions = 0
    private var rounds = 0
    private var sendings = 0
    private var reusedLosses = 0

    init(kind: SlotKind, queueClass: QueueClass, stickKey: [UInt8], isRepeatable: Bool, attempts: Int) {
        self.kind = kind
        self.queueClass = queueClass
        self.stickKey = stickKey
        self.isRepeatable = isRepeatable
        self.attempts = attempts
    }

    /// May the exchange want this?
    mutating func judge(_ action: ExchangeAction) throws(Violation) {
        if action != .none, action != .abandon, action != .finish { try require(!isEnded, "\(action) after the end") }
        switch action {
        case .none: break
        case .submit: try judgeSubmission()
        case .connect(let fresh):
            try require(slot != nil, "connects without a slot")
            let isTrial = slot?.isTrial ?? false
            try require(fresh ? isReused || isTrial : !isTrial, "the wrong sort of connection")
            if fresh, !isTrial { reusedLosses += 1 }
            sentNow = false
        case .send:
            try require(!answerBegan, "sent again after a response began")
            try require(isRepeatable || !sentEver, "sent twice, but it is not repeatable")
            sendings += 1
            try require(sendings <= 1 + attempts + reusedLosses, "sent \(sendings) times with \(attempts) attempts")
        case .respond:
            try require(!answerBegan, "responded twice")
            isEnded = true
        case .cut, .deliver:
            try require(answerBegan, "\(action) without a response")
            isEnded = true
        case .finish: try require(isEnded, "finished before its end")
        case .abandon: isEnded = true
        }
    }

    private mutating func judgeSubmission() throws(Violation) {
        // Every server was tried: from the first again, which is no further retry.
        if submissions > 0, exchange.retries > 0, exchange.tried.isEmpty {
            rounds += 1
            try require(rounds <= exchange.retries, "\(rounds) rounds in \(exchange.retries) retries")
        } else {
            submissions += 1
        }
        try require(submissions <= 1 + attempts && exchange.retries == submissions - 1, "\(submissions) tries with \(attempts) attempts")
        try require(!answerBegan && (isRepeatable || !sentEver), "tried again where that is not safe")
        try require(bodyAtHand || submissions == 1 || sendings == 0, "tried again without its content")
        switch exchange.attempt {
        case .first: try require(submissions == 1, "the first try again")
        case .redispatch: try require(submissions > 1 && !sentEver, "a redispatch, but a server may have acted on it")
        case .repeat: try require(submissions > 1 && sendings > 0, "a repeat, but nothing was sent")
        }
    }

    /// What the end of an attempt by this event shows about the server: the table of `Verdict`.
    func verdict(_ event: ExchangeEvent) -> Verdict {
        switch event {
        case .connectFailed: .connectFailed
        case .lost, .responseTimedOut:
            exchange.state == .connecting ? .connectFailed : isReused && !answerBegan && event.isLoss ? .none : .responseFailed
        case .responseMalformed: .responseFailed
        case .responseEnded: answerIsFailure ? .responseFailed : .served
        case .assigned, .queued, .refused, .connected, .responseBegan, .requestMalformed, .requestTimedOut, .clientTooSlow, .clientGone,
            .delivered, .serverDown, .declined:
            .none
        }
    }

    /// A slot is held exactly while a server is at it, and a place in a queue exactly while it waits.
    func check() throws(Violation) {
        switch exchange.state {
        case .connecting, .awaitingResponse, .forwarding: try require(slot != nil && ticket == nil, "\(exchange.state) without a slot")
        case .queued: try require(slot == nil && ticket != nil, "queued without a ticket")
        case .ended: try require(slot == nil && ticket == nil && isEnded, "ended, but not quite")
        case .delivering, .responding: try require(slot == nil && ticket == nil && isEnded, "\(exchange.state) with a slot")
        case .idle, .readingHead, .readingContent, .seeking: throw Violation("\(exchange.state) for good")
        }
    }
}

extension ExchangeEvent {
    fileprivate var isLoss: Bool {
        if case .lost = self { true } else { false }
    }
}
