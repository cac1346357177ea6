import Admin
import Balancing
import Buffers
import Forwarding
import HTTP1
import Model
import Network
import Puppet
import Routing
import Settings
import Telemetry

/// Performs what the state machine decides, for one exchange after another on a worker.
///
/// It owns `ExchangeStateMachine` and alone calls it. An event comes from one of the two sides, the pool or the clock; `run` gives it to the
/// machine, performs the step, and then moves bytes (`pump`) as long as there are some, which may be the next event. At the end of
/// every `run` the clock sets the deadlines for where the exchange is, or the exchange is finished. Nothing it calls calls it back.
///
/// Reused: a connection takes it from the worker's pool when bytes come, and gives it back when it is idle.
final class ExchangeDriver {
    /// What belongs to one request; replaced by a new value for the next one.
    private struct PerRequest {
        /// The client's connection ends after this response.
        var closes = false
        /// 100 Continue was sent from here, so Expect is not forwarded.
        var sentContinue = false
        /// It counts for `limits.per_certname`.
        var countsCertname = false
        /// What it holds of `limits.held_bodies`, or waits for.
        var reservation = 0
        /// Its content is not read before there is room for it.
        var waitsForRoom = false
        /// How much of the request is read before it is classified, the head included.
        var contentWanted = 0
        var ticket: UInt64 = 0
        var ending = DownstreamSide.Ending.close
        /// The rest of this turn goes to others.
        var hasYielded = false
    }

    private unowned(unsafe) let worker: Worker
    private let downstream: DownstreamSide
    /// The configuration that this request began under; a reload meanwhile does not change it.
    private var snapshot: Snapshot
    private var machine = ExchangeStateMachine()
    private var request = PuppetRequest()
    private var classifier = RequestClassifier()
    private var requestRelay = RequestRelay()
    private var responseRelay = ResponseRelay()
    private var recorder = ExchangeRecorder()
    private var clock = ExchangeClock()
    private var this = PerRequest()
    private var target: UpstreamTarget?
    private var upstream: UpstreamSide?

    /// How many buffers of a response are passed on per turn, so that one connection does not keep the others waiting.
    private static let buffersPerTurn = 16

    init(_ worker: Worker, downstream: DownstreamSide) {
        self.worker = worker
        self.downstream = downstream
        snapshot = worker.snapshot
    }

    /// Whether a request is under way.
    var isActive: Bool { machine.state != .idle }
    var isReadingHead: Bool { machine.state == .readingHead }
    /// Made under the worker's present configuration.
    func isCurrent(_ snapshot: Snapshot) -> Bool { self.snapshot === snapshot }

    private var now: MonotonicTime { MonotonicTime(nanoseconds: worker.loop.now) }
    private var memory: TransferMemory { worker.memory }
    private var contentBound: Int { snapshot.settings.limits.bodyPrefix }
    private var bounds: RequestClassifier.Bounds {
        RequestClassifier.Bounds(hold: contentBound, scan: snapshot.settings.limits.bodyScan)
    }
    /// Whether it may be sent again after a server may have acted on it.
    private var isRepeatable: Bool { downstream.head.method == .get || downstream.head.method == .head || request.endpoint.mayRepeat }

    // MARK: Events of the client's side

    /// The first byte of a request has come.
    func begin() {
        snapshot = worker.snapshot
        this = PerRequest()
        clock = ExchangeClock()
        machine.start()
        recorder.begin(downstream.client, site: snapshot.siteName, now: worker.loop.now) { worker.appendRequestID(to: &$0) }
        settle()
    }

    /// The head is whole, at the start of what the side has received.
    func headCame() {
        guard let received = downstream.received else { return }
        recorder.headCame(downstream.head, received.readable, now: worker.loop.now)
        this.closes = !downstream.head.keepAlive
        run(handleHead(received))
    }

    /// There will be no head.
    func headBroke(_ error: RequestError) {
        recorder.headBroke(now: worker.loop.now)
        run(refuse(error.reason, cause: error.cause ?? ""))
    }

    /// The client's connection may be read or written.
    func clientReady() {
        guard isActive, !isReadingHead else { return }
        run(nil)
        let halfClosedIsGone =
            switch machine.state {
            case .queued, .connecting, .awaitingResponse: true
            case .readingContent: this.waitsForRoom
            default: false
            }
        if isActive, downstream.isGone(halfClosedIsGone: halfClosedIsGone) { run(.clientGone) }
    }

    func clientTimedOut() {
        switch clock.clientTimedOut(now: worker.loop.now, minimumRate: minimumRate, traffic: downstream.traffic) {
        case .requestLate where machine.state == .forwarding: run(.clientGone)
        case .requestLate:
            this.closes = true
            run(.requestTimedOut)
        case .clientStuck: run(.clientGone)
        case .tooSlow:
            this.closes = true
            run(.clientTooSlow)
        case .none: settle()
        }
    }

    /// The client has gone, or its connection was closed.
    func clientGone() { run(.clientGone) }

    // MARK: Events of the server's side

    func upstreamConnected() {
        recorder.connected(now: worker.loop.now)
        run(.connected)
    }

    func connectFailed(_ error: ProxyError) {
        if let target { worker.messages.connectFailed(target, reason: error.context) }
        run(.connectFailed(byTimeout: error.kind == .connectTimeout))
    }

    func upstreamReady() {
        _ = upstream?.flush()
        run(nil)
    }

    func upstreamTimedOut() { run(.responseTimedOut) }

    /// An operator ends what is connected to this server: as if the server had.
    func serverWasShutDown(_ server: ServerID, of pool: PoolCoordinator) {
        guard isOn(server, of: pool), upstream != nil else { return }
        if machine.state == .connecting { return connectFailed(ProxyError(.closed, context: "shut down by an operator")) }
        run(lost)
    }

    /// Its checks say that this server is gone.
    func serverWentDown(_ server: ServerID, of pool: PoolCoordinator) {
        guard isOn(server, of: pool), upstream?.responseHasBegun != true else { return }
        run(.serverDown(bodyAtHand: requestRelay.isAtHand))
    }

    private func isOn(_ server: ServerID, of pool: PoolCoordinator) -> Bool {
        guard isActive, machine.assignment?.server == server, let own = machine.pool else { return false }
        return snapshot.pool(own) === pool
    }

    // MARK: Events of the pool

    /// The queue has replied. The worker has made sure that this exchange still waits for this ticket.
    func queueReplied(_ outcome: PoolCoordinator.QueueOutcome) {
        switch outcome {
        case .assigned(let assignment, let target):
            guard !downstream.isRevoked else {
                if let index = machine.pool { snapshot.pool(index).release(assignment, .none, now: now) }
                return run(refusedAsRevoked())
            }
            self.target = target
            run(.assigned(assignment))
        case .refused(let reason):
            run(.refused(reason))
        }
    }

    /// The pool knows nothing of it (any more): no server sees it.
    private func refusedAsRevoked() -> ExchangeEvent {
        this.closes = true
        return .refused(.revoked)
    }

    // MARK: The loop

    private func run(_ first: ExchangeEvent?) {
        this.hasYielded = false
        var next = first
        repeat {
            while let event = next { next = perform(machine.handle(event)) }
            next = pump()
        } while next != nil
        settle()
    }

    /// Moves what can be moved now. What that leads to, if anything, is the next event.
    private func pump() -> ExchangeEvent? {
        switch machine.state {
        case .idle, .readingHead, .seeking, .queued, .connecting, .ended: nil
        case .readingContent: pumpContent()
        case .awaitingResponse, .forwarding: this.hasYielded ? nil : pumpResponse() ?? pumpRequest()
        case .delivering, .responding: pumpDelivery()
        }
    }

    private func settle() {
        guard machine.state != .ended else { return finish() }
        clock.update(
            this.waitsForRoom ? .queued : machine.state, requestRelay.flow, downstream, upstream, loop: worker.loop,
            timeouts: worker.timeouts, minimumRate: minimumRate)
    }

    private var minimumRate: UInt64 { UInt64(snapshot.settings.limits.minimumRate) }

    /// What comes next is returned, where it is known at once.
    private func perform(_ step: ExchangeStep) -> ExchangeEvent? {
        giveBack(step)
        switch step.action {
        case .none: return nil
        case .submit: return submit()
        case .connect(let fresh): return connect(fresh: fresh)
        case .send: requestRelay.restart()
        case .respond(let reason): respond(reason)
        case .deliver: dropUpstream()
        case .finish: this.ending = this.closes || !downstream.contentIsTaken ? .close : .keepAlive
        case .cut:
            this.ending = endOfCutResponse
            dropUpstream()
        case .abandon:
            this.ending = responseRelay.headIsSent || machine.failedIn == .responding ? endOfCutResponse : .close
            dropUpstream()
        }
        return nil
    }

    /// Where the end of the connection is the end of the content, only a reset shows that something is missing.
    private var endOfCutResponse: DownstreamSide.Ending {
        guard responseRelay.headIsSent, responseRelay.endsWithConnection else { return .cut }
        return .reset
    }

    // MARK: Understanding the request

    private func handleHead(_ received: ByteBuffer) -> ExchangeEvent? {
        if let path = downstream.client.listener.statusPath, isTarget(path, received.readable) {
            respondStatus()
            return nil
        }
        if downstream.isRevoked {
            this.closes = true
            return refuse(.revoked)
        }
        let outcome = classifier.begin(
            downstream.head, received, &request, bounds, isOperator: downstream.client.identity?.mayOperateCA ?? false)
        if case .needsContent = outcome {
            // What will be refused in any case is refused before its content comes.
            if classifier.isClassified, case .refuse = route() { return decide() }
            machine.readContent()
            reserveRoom()
            if downstream.head.expectsContinue, !this.waitsForRoom { askForContent() }
        }
        return take(outcome)
    }

    private func askForContent() {
        this.sentContinue = true
        downstream.sendContinue()
    }

    private var isVerified: Bool { downstream.client.identity != nil }

    /// Before content is read that will be held.
    private func reserveRoom() {
        this.reservation = RequestRelay.expectedContent(downstream.head, contentBound)
        this.waitsForRoom = !worker.bodies.reserve(this.reservation, for: self, isVerified: isVerified, limit: heldBodiesLimit)
    }

    /// For the queue of those that wait for room.
    var contentReservation: Int { this.reservation }
    var heldBodiesLimit: Int { snapshot.settings.limits.heldBodies }

    /// There is room for the content now, and it is reserved.
    func contentHasRoom() {
        this.waitsForRoom = false
        if downstream.head.expectsContinue { askForContent() }
        run(nil)
    }

    private func releaseRoom() {
        if this.waitsForRoom {
            worker.bodies.remove(self)
        } else if this.reservation > 0 {
            worker.counters.bodies.release(this.reservation, isVerified: isVerified)
        }
        this.waitsForRoom = false
        this.reservation = 0
    }

    private func isTarget(_ path: [UInt8], _ bytes: borrowing Span<UInt8>) -> Bool {
        let target = downstream.head.target
        guard downstream.head.method == .get || downstream.head.method == .head, target.count == path.count else { return false }
        for index in path.indices where bytes[target.lower + index] != path[index] { return false }
        return true
    }

    private func take(_ outcome: RequestClassifier.Outcome) -> ExchangeEvent? {
        switch outcome {
        case .ready: return decide()
        case .needsContent(let byteCount): this.contentWanted = byteCount
        case .refused(let cause): return refuse(.badRequest, cause: cause)
        case .tooLong: return refuse(.bodyTooLarge)
        }
        return nil
    }

    private func pumpContent() -> ExchangeEvent? {
        while machine.state == .readingContent, !this.waitsForRoom {
            if case .gone = downstream.flush() { return .clientGone }
            switch downstream.receive(upTo: this.contentWanted) {
            case .nothing: return nil
            case .gone: return .clientGone
            case .more:
                guard let received = downstream.received else { return nil }
                if let event = take(classifier.look(downstream.head, received, &request, bounds)) { return event }
            }
        }
        return nil
    }

    private func route() -> Decision {
        snapshot.routes.decide(request, downstream.client.routeContext) { snapshot.pool($0).averageQueue }
    }

    private func decide() -> ExchangeEvent? {
        recorder.classified(request)
        let decision = route()
        var attempts = 0
        if case .forward(let pool, _) = decision { attempts = snapshot.poolRouting[pool.value].retryAttempts }
        let step = machine.decide(decision, isRepeatable: isRepeatable, attempts: attempts)
        if machine.state == .seeking, !admitCertname() { return .refused(.perCertname) }
        return perform(step)
    }

    /// False where the verified certname has as many requests here as `limits.per_certname` allows.
    private func admitCertname() -> Bool {
        let limit = snapshot.settings.limits.perCertname
        guard limit > 0, let identity = downstream.client.identity else { return true }
        this.countsCertname = worker.counters.admit(certname: identity.foldedCertname, limit: limit)
        return this.countsCertname
    }

    /// - Parameter cause: what exactly was wrong; empty where the reason says it
    private func refuse(_ reason: Reason, cause: String = "") -> ExchangeEvent? {
        recorder.refused(cause: Array(cause.utf8))
        switch reason {
        case .badRequest, .headTooLarge, .bodyTooLarge, .targetTooLong, .methodNotAllowed: this.closes = true
        default: break
        }
        return perform(machine.refuse(reason))
    }

    // MARK: A server for it

    private func submit() -> ExchangeEvent? {
        dropUpstream()
        guard let decided = machine.pool else { return nil }
        // A reload may have come since the head did: while the content was read, or during another server's try.
        if downstream.isRevoked { return refusedAsRevoked() }
        recorder.submitted(now: worker.loop.now)
        let submission = PoolSubmission(snapshot: snapshot, client: downstream.client)
        if machine.attempt == .first {
            let pool = submission.overflowed(from: decided)
            if pool != decided { recorder.overflowed(from: snapshot.poolNames[decided.value]) }
            machine.move(to: pool)
        }
        guard let pool = machine.pool else { return nil }
        let ticket = worker.tickets.next()
        this.ticket = ticket.serial
        let poolRequest = submission.request(request, machine, pool: pool, ticket: ticket, mayQueue: worker.mayQueue)
        let (reply, target) = snapshot.pool(pool).submit(poolRequest, now: now)
        switch reply {
        case .assigned(let assignment):
            self.target = target
            return .assigned(assignment)
        case .queued:
            worker.tickets.wait(self, serial: ticket.serial)
            downstream.shrink()
            return .queued
        case .refused(let reason):
            return .refused(reason)
        }
    }

    /// The slot or the place in the queue that a step lets go, and what it shows of the server.
    private func giveBack(_ step: ExchangeStep) {
        guard let index = machine.pool else { return }
        let pool = snapshot.pool(index)
        if let release = step.release {
            if step.action == .submit, let target { recorder.tryFailed(target.name, release.verdict.failure) }
            pool.release(release.assignment, release.verdict, now: now)
        }
        if let server = step.connected { pool.handle(.connected(server), now: now) }
        if step.cancelsTicket { worker.cancel(this.ticket, in: pool) }
    }

    private func connect(fresh: Bool) -> ExchangeEvent? {
        dropUpstream()
        guard let target else { return .connectFailed(byTimeout: false) }
        recorder.connectBegan(now: worker.loop.now)
        responseRelay.end(memory)
        clock.restartServer()
        do {
            let looksTwice = !isRepeatable || !classifier.hasWholeContent || !requestRelay.isAtHand
            let kept = fresh ? nil : worker.servers.takeIdle(target, looksTwice: looksTwice)
            let connection = if let kept { kept } else { try worker.servers.connect(to: target) }
            upstream = connection
            let isConnected = connection.begin(for: self)
            guard prepareRequest(for: connection) else { return .connectFailed(byTimeout: false) }
            guard isConnected else { return nil }
            recorder.connected(now: worker.loop.now)
            return .connected
        } catch {
            worker.messages.connectFailed(target, reason: error.context)
            return .connectFailed(byTimeout: false)
        }
    }

    private func prepareRequest(for connection: UpstreamSide) -> Bool {
        guard let pool = machine.pool else { return false }
        var identity: [UInt8] = []
        if snapshot.poolRouting[pool.value].identity == .headers {
            identity = downstream.client.identity?.headerBlock ?? IdentityHeaders.anonymousBlock
        } else if request.endpoint == .caCertificateRenewal {
            // Without it Puppet Server would renew the proxy's own certificate.
            identity = Array(downstream.client.identity?.certificateField ?? [])
        }
        let additions = RequestAdditions(
            identityFields: identity, forwardedFor: downstream.client.forwardedFor, dropsExpect: this.sentContinue)
        return requestRelay.prepare(downstream, for: connection, additions, memory: memory, contentBound: contentBound)
    }

    /// Lets go of the server's connection: it is kept where both messages are whole, else closed.
    private func dropUpstream() {
        guard let ended = upstream else { return }
        upstream = nil
        recorder.errorCame(ended.sample)
        ended.release(requestWasSent: requestRelay.isSent)
    }

    // MARK: Bytes

    private func pumpRequest() -> ExchangeEvent? {
        guard let upstream, !requestRelay.isSent else { return nil }
        switch requestRelay.pump(downstream, upstream) {
        case .sent: recorder.requestWasSent(now: worker.loop.now)
        case .waitsForClient, .waitsForServer: break
        case .yields:
            this.hasYielded = true
            worker.loop.deferWork(downstream.timer)
        case .clientGone: return .clientGone
        case .malformed(let defect):
            this.closes = true
            recorder.refused(cause: Array(defect.text.utf8))
            return .requestMalformed
        case .serverFailed:
            // It may have responded before it stopped reading: what it said counts.
            return pumpResponse() ?? lost
        }
        return nil
    }

    private func pumpResponse() -> ExchangeEvent? {
        guard let upstream else { return nil }
        for _ in 0..<Self.buffersPerTurn {
            switch downstream.flush() {
            case .delivered: break
            case .pending: return nil
            case .gone: return .clientGone
            }
            let progress = responseRelay.step(upstream, downstream, memory: memory, dropsContinue: this.sentContinue) { head, bytes in
                responseCame(head, bytes)
            }
            switch progress {
            case .nothing: return nil
            case .passed: continue
            case .began: return .responseBegan(isFailure: saysItCannotServe(upstream.responseHead))
            case .ended: return .responseEnded
            case .lost: return lost
            case .malformed(let reason):
                worker.messages.badResponse(upstream.target, reason: reason)
                return .responseMalformed
            }
        }
        this.hasYielded = true
        worker.loop.deferWork(upstream)
        return nil
    }

    private func responseCame(_ head: borrowing ResponseHead, _ bytes: borrowing Span<UInt8>) -> ResponseRelay.HeadDecision {
        recorder.responseCame(head, bytes, now: worker.loop.now)
        let endsWithConnection = head.framing == .untilClose || head.framing == .chunked && !downstream.readsChunked
        this.closes = this.closes || endsWithConnection || worker.isDraining || !downstream.contentIsTaken
        let keepsSample = head.status >= 400 && snapshot.settings.logs.errorText
        return ResponseRelay.HeadDecision(
            closes: this.closes, endsWithConnection: endsWithConnection, sampleBound: keepsSample ? ErrorText.contentBound : 0)
    }

    /// See `Verdict`: Puppet Server's full queue says when to come back.
    private func saysItCannotServe(_ head: borrowing ResponseHead) -> Bool {
        switch head.status {
        case 502, 504: true
        case 503: head.first(.retryAfter) == nil
        default: false
        }
    }

    /// The server's connection has ended. Once a byte of a response has come, nothing is sent again.
    private var lost: ExchangeEvent {
        if upstream?.responseHasBegun == true, machine.state == .awaitingResponse { return .responseMalformed }
        return .lost(
            .init(sentAnything: requestRelay.hasSentAnything, bodyAtHand: requestRelay.isAtHand, wasReused: upstream?.wasReused == true))
    }

    private func pumpDelivery() -> ExchangeEvent? {
        switch downstream.flush() {
        case .delivered: .delivered
        case .pending: nil
        case .gone: .clientGone
        }
    }

    // MARK: Responses from here

    private func respond(_ reason: Reason) {
        dropUpstream()
        recorder.responds(reason)
        stepOverRequest()
        var bytes: [UInt8] = []
        LocalResponse.append(
            reason, id: recorder.record.id, cause: recorder.record.cause, close: this.closes, omitsBody: downstream.head.method == .head,
            isHTTP10: downstream.head.version == .http10, retryAfter: retryAfter(reason), to: &bytes)
        downstream.send(bytes)
    }

    /// When the agent shall come back: where its pool may serve it later, and it can use that.
    private func retryAfter(_ reason: Reason) -> Int? {
        guard reason.isTemporary, let pool = machine.pool, request.usesRetryAfter else { return nil }
        let key = PoolSubmission(snapshot: snapshot, client: downstream.client).key(.certname, request)
        return snapshot.pool(pool).retryAfter(key, now: now)
    }

    private func respondStatus() {
        let isReady = snapshot.isReady && worker.isReady
        machine.respondHere()
        recorder.respondsHere(status: isReady ? 200 : 503)
        stepOverRequest()
        var bytes: [UInt8] = []
        LocalResponse.append(
            status: isReady ? 200 : 503, body: isReady ? LocalResponse.ready : LocalResponse.notReady, close: this.closes,
            omitsBody: downstream.head.method == .head, isHTTP10: downstream.head.version == .http10, to: &bytes)
        downstream.send(bytes)
    }

    /// So that the next request can be read; where this one has not come whole the connection ends.
    private func stepOverRequest() {
        if worker.isDraining { this.closes = true }
        if !this.closes, !downstream.discardRequest() { this.closes = true }
    }

    // MARK: The end

    /// Once for an exchange, however it ends: what it held of the process's limits goes back, and its record is written.
    private func finish() {
        if this.countsCertname, let identity = downstream.client.identity { worker.counters.leave(certname: identity.foldedCertname) }
        recorder.end(
            machine, bytesIn: downstream.bytesIn, bytesOut: downstream.bytesOut,
            connections: worker.counters.connections.load(ordering: .relaxed), now: worker.loop.now)
        recorder.end(
            route: machine.rule.map { snapshot.routes.nameBytes($0) }, pool: machine.pool.map { snapshot.poolNames[$0.value] },
            server: machine.assignment == nil ? nil : target?.name)
        worker.writeLog(recorder.record)
        requestRelay.end(memory)
        responseRelay.end(memory)
        classifier.end()
        releaseRoom()
        target = nil
        machine = ExchangeStateMachine()
        // The last call: it may begin the next request.
        downstream.end(this.ending)
    }

    // MARK: For the operator

    /// What `show sess` says of the request under way.
    func describe(_ report: inout SessionReport) {
        report.add(recorder.record, bytesIn: downstream.bytesIn)
        report.requestMilliseconds = recorder.age(now: worker.loop.now)
        report.retries = machine.retries
        if let pool = machine.pool { report.pool = snapshot.poolSettings(pool).name }
        if let target, machine.assignment != nil {
            report.server = String(decoding: target.name, as: UTF8.self)
            report.serverAddress = target.address?.text ?? ""
        }
        if let descriptor = upstream?.descriptor { report.serverDescriptor = descriptor }
        report.state = SessionReport.State(machine.state)
    }
}
