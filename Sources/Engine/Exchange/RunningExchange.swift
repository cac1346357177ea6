import Balancing
import Buffers
import Forwarding
import HTTP1
import Model
import Network
import Puppet
import Settings
import Telemetry

/// One exchange as it runs on a worker: does what `Exchange` decides. Taken from the worker's spare ones when the first byte of a request
/// comes, given back when its log line is written, so that an idle connection holds none and a warm worker allocates none.
///
/// head → classifying → running → ended, or head/classifying/running → answering (from here) → ended.
/// The files beside this one follow the way of a request: +Deciding, +Pooling (a server for it), +Request (towards the server), +Answer
/// (back), +LocalAnswer, +Log.
final class RunningExchange {
    enum Stage { case head, classifying, running, answeringHere, ended }

    unowned(unsafe) let worker: Worker
    /// Valid while `stage` is not `ended`: the connection holds this object then, not the other way round.
    unowned(unsafe) var connection: DownstreamConnection
    /// The state of the configuration that this request began under; a reload meanwhile does not change it.
    var snapshot: Snapshot
    var stage: Stage = .ended
    var exchange = Exchange()
    var request = PuppetRequest()
    var record = AccessRecord()

    // MARK: The request
    var parser: RequestParser
    var head = RequestHead()
    var requestBody = BodyScanner(.none)
    /// Whether it may be sent again after a server may have acted on it.
    var isRepeatable: Bool { head.method == .get || head.method == .head || request.endpoint.mayRepeat }
    /// The request's own framing has ended and all of it was taken out of the connection's input.
    var requestIsWhole = true
    /// The head has been taken out of the connection's input (into `outbound`).
    var headIsTaken = false
    /// 100 Continue was sent from here, so that Expect is not forwarded.
    var answeredExpect = false
    /// Content of a chunked body as far as it was read for its environment, and how far the input was scanned for it.
    var dechunked: [UInt8] = []
    var dechunkedUpTo = 0
    var dechunker = BodyScanner(.none)

    /// It counts for `limits.per_certname`, from the decision to the end.
    var countsCertname = false

    // MARK: Towards the server
    /// Head and content as the server gets them, from the first byte as long as `bodyAtHand`.
    var outbound: ByteBuffer?
    /// How much of `outbound`, counted from its `start`, has been sent on this connection.
    var sentCount = 0
    var bodyAtHand = true
    var sentAnything = false
    var target: UpstreamTarget?
    var upstream: UpstreamConnection?
    var ticketSerial: UInt64 = 0

    // MARK: The answer
    var responseHead = ResponseHead()
    var responseParser = ResponseParser()
    var responseBody = BodyScanner(.none)
    var answerHeadSent = false
    /// On this connection, since the request was sent on it: from the first byte on nothing is sent again.
    var answerBytesCame = false
    /// Length of our head in `memory.head` that must still go in front of the content.
    var responseHeadLength = 0
    var answerIsWhole = false
    var upstreamReusable = false
    var dropsChunking = false
    /// What the client has not taken yet.
    var outgoing: ByteBuffer?
    var closeAfter = false
    var isPumping = false
    /// The response is an error whose text is wanted, and the first bytes of its content.
    var keepsErrorContent = false
    var errorContent: [UInt8] = []
    /// Where the exchange stood when it failed.
    var failurePhase: TerminationLetters.Phase = .head

    // MARK: Times, nanoseconds of the monotonic clock
    var began: Int64 = 0
    var headEnded: Int64 = 0
    var submitted: Int64 = 0
    var connectBegan: Int64 = 0
    var requestSent: Int64 = 0

    init(_ worker: Worker, connection: DownstreamConnection) {
        self.worker = worker
        self.connection = connection
        snapshot = worker.snapshot
        parser = RequestParser(limits: worker.headLimits)
    }

    var isReadingHead: Bool { stage == .head }
    var now: MonotonicTime { MonotonicTime(nanoseconds: worker.loop.now) }
    var memory: TransferMemory { worker.memory }
    var bodyPrefix: Int { snapshot.settings.limits.bodyPrefix }

    /// The first byte of a request has come.
    func begin(_ connection: DownstreamConnection) {
        self.connection = connection
        snapshot = worker.snapshot
        stage = .head
        exchange = Exchange()
        began = worker.loop.now
        parser = RequestParser(limits: worker.headLimits)
        head.reset()
        requestIsWhole = true
        headIsTaken = false
        answeredExpect = false
        sentCount = 0
        bodyAtHand = true
        sentAnything = false
        answerHeadSent = false
        responseHeadLength = 0
        answerIsWhole = false
        upstreamReusable = false
        dropsChunking = false
        closeAfter = false
        keepsErrorContent = false
        errorContent = []
        headEnded = 0
        submitted = 0
        connectBegan = 0
        requestSent = 0
        beginRecord()
    }

    // MARK: Doing what the exchange decides

    func apply(_ step: ExchangeStep) {
        giveBack(step)
        switch step.action {
        case .wait, .forward, .finish: break
        case .submit: submit()
        case .connect(let fresh): connect(fresh: fresh)
        case .send: send()
        case .respond(let reason):
            failurePhase = phase
            respond(reason)
        case .cut:
            failurePhase = phase
            cut()
        case .abandon:
            failurePhase = phase
            abandon()
        }
    }

    private func connect(fresh: Bool) {
        dropUpstream(isReusable: false)
        guard let target, prepareOutbound(for: target) else { return apply(exchange.handle(.connectFailed(byTimeout: false))) }
        if record.queueTime == nil { record.queueTime = worker.loop.now - submitted }
        connectBegan = worker.loop.now
        sentCount = 0
        sentAnything = false
        requestSent = 0
        answerBytesCame = false
        responseParser.reset()
        responseHead.reset()
        if !fresh, let idle = worker.takeIdle(target, looksTwice: !isRepeatable || !requestIsWhole) {
            upstream = idle
            idle.begin(self)
            return upstreamConnected()
        }
        do {
            let connection = try worker.connect(to: target)
            upstream = connection
            connection.begin(self)
        } catch {
            worker.connectFailed(target, reason: error.context)
            apply(exchange.handle(.connectFailed(byTimeout: false)))
        }
    }

    // MARK: What the server's connection tells

    func upstreamConnected() {
        let held = connection
        defer { withExtendedLifetime(held) {} }
        if record.connectTime == nil { record.connectTime = worker.loop.now - connectBegan }
        apply(exchange.handle(.connected))
    }

    /// The connection was not made, or broke.
    func upstreamFailed(_ error: ProxyError) {
        let held = connection
        defer { withExtendedLifetime(held) {} }
        if exchange.state == .connecting {
            if let target { worker.connectFailed(target, reason: error.context) }
            apply(exchange.handle(.connectFailed(byTimeout: error.kind == .connectTimeout)))
        } else if answerBytesCame, exchange.state == .waiting {
            // A piece of the answer's head has come: nothing is sent again then.
            apply(exchange.handle(.answerMalformed))
        } else {
            let wasReused = upstream?.wasReused == true
            apply(exchange.handle(.lost(.init(sentAnything: sentAnything, bodyAtHand: bodyAtHand, wasReused: wasReused))))
        }
    }

    /// This and the other entries from the server's side hold the agent's connection, which may end on the way.
    func upstreamReady() {
        let held = connection
        defer { withExtendedLifetime(held) {} }
        guard let stream = upstream?.stream else { return }
        _ = stream.flushPending()
        // An answer may come before the whole request is sent, and a server that answers and closes refuses the rest: read first.
        pumpAnswer()
        if upstream != nil, stage == .running { send() }
    }

    private func isOn(_ server: ServerID, of pool: PoolCoordinator) -> Bool {
        guard stage == .running, exchange.assignment?.server == server, let own = exchange.pool else { return false }
        return snapshot.pool(own) === pool
    }

    /// An operator ends what is connected to it: as if the server had.
    func serverWasShutDown(_ server: ServerID, of pool: PoolCoordinator) {
        guard isOn(server, of: pool), upstream != nil else { return }
        upstreamFailed(ProxyError(.closed, context: "shut down by an operator"))
    }

    /// Its checks say that this server is gone.
    func serverWentDown(_ server: ServerID, of pool: PoolCoordinator) {
        guard isOn(server, of: pool), !answerBytesCame else { return }
        let held = connection
        defer { withExtendedLifetime(held) {} }
        apply(exchange.handle(.serverDown(bodyAtHand: bodyAtHand)))
    }

    func answerTimedOut() {
        let held = connection
        defer { withExtendedLifetime(held) {} }
        apply(exchange.handle(.answerTimedOut))
    }

    // MARK: What the agent's connection tells

    func downstreamReady() {
        let stream = connection.stream
        if stream.hasFailed { return clientGone() }
        switch stage {
        case .head, .ended: return
        case .classifying: return readForClassification()
        case .answeringHere: return flushLocalAnswer()
        case .running: break
        }
        if stream.canWrite, outgoing != nil || stream.hasPendingOutput { pumpAnswer() }
        guard stage == .running else { return }
        takeMoreOfRequest()
        guard stage == .running else { return }
        // While the answer is on its way one closed direction says little; before that nobody waits for it any more.
        if stream.hasFailed || stream.isHungUp || stream.peerClosed && !answerHeadSent && (requestIsWhole || !headIsTaken) { clientGone() }
    }

    func downstreamTimedOut() {
        switch stage {
        case .head: refuse(.requestTimeout, byTimeout: true)
        case .classifying: refuse(.requestTimeout, byTimeout: true)
        case .running:
            if !requestIsWhole, !answerHeadSent { apply(exchange.handle(.requestTimedOut)) } else { clientGone() }
        case .answeringHere: clientGone()
        case .ended: break
        }
    }

    func clientGone() {
        guard stage != .ended else { return }
        apply(exchange.handle(.clientGone))
    }

    // MARK: Ends

    private func abandon() {
        dropUpstream(isReusable: false)
        if answerHeadSent || stage == .answeringHere { return close() }
        end(keepAlive: false)
    }

    /// Ends the connection in the middle of an answer.
    private func close() {
        // Where the end of the connection is the end of the content, only a reset shows that something is missing.
        if answerHeadSent, responseHead.framing == .untilClose || dropsChunking { connection.stream.resetOnClose() }
        let connection = self.connection
        finish()
        connection.close()
    }

    private func cut() {
        dropUpstream(isReusable: false)
        close()
    }

    /// The connection was closed under the exchange (not by it).
    func connectionClosed() {
        guard stage != .ended else { return }
        failurePhase = phase
        giveBack(exchange.handle(.clientGone))
        dropUpstream(isReusable: false)
        finish()
    }

    /// Everything is done: one log line, and the connection goes on or ends.
    func end(keepAlive: Bool) {
        guard stage != .ended else { return }
        finish()
        // A drain that began after the head was sent has not told the agent to close: its next request is still taken.
        connection.exchangeEnded(keepAlive: keepAlive && !closeAfter && requestIsWhole)
    }

    /// Once for an exchange, however it ends: what it held of the process's limits goes back, and its line is written.
    private func finish() {
        if countsCertname, let identity = connection.identity { worker.counters.leave(certname: identity.foldedCertname) }
        countsCertname = false
        finishRecord()
        stage = .ended
    }

    func dropUpstream(isReusable: Bool) {
        guard let ended = upstream else { return }
        upstream = nil
        ended.end(isReusable: isReusable)
    }

    /// Lets all memory go that belongs to one request.
    func releaseBuffers() {
        if let outbound { memory.give(outbound) }
        if let outgoing { memory.give(outgoing) }
        outbound = nil
        outgoing = nil
        target = nil
        if dechunked.capacity > 16 << 10 { dechunked = [] } else { dechunked.removeAll(keepingCapacity: true) }
    }
}
