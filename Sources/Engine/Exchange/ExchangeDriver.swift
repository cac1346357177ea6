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
        var client: ClientContext
        /// Where another instance has sent it.
        var hop: InstanceHop?
        /// The client's connection ends after this response.
        var closes = false
        /// Another instance's health check: not logged.
        var isCheck = false
        /// It counts for `limits.per_certname`.
        var countsCertname = false
        var ticket: UInt64 = 0
        var ending = DownstreamSide.Ending.close
    }

    private unowned(unsafe) let worker: Worker
    private let downstream: DownstreamSide
    /// The configuration that this request began under; a reload meanwhile does not change it.
    private var snapshot: Snapshot
    private var machine = ExchangeStateMachine()
    private var intake = RequestIntake()
    private var traffic = ExchangeTraffic()
    private var recorder = ExchangeRecorder()
    private var clock = ExchangeClock()
    private var this: PerRequest
    private var server = ServerLink()

    init(_ worker: Worker, downstream: DownstreamSide) {
        self.worker = worker
        self.downstream = downstream
        snapshot = worker.snapshot
        this = PerRequest(client: downstream.client)
    }

    /// Whether a request is under way.
    var isActive: Bool { machine.state != .idle }
    var isReadingHead: Bool { machine.state == .readingHead }
    /// Made under the worker's present configuration.
    func isCurrent(_ snapshot: Snapshot) -> Bool { self.snapshot === snapshot }

    private var now: MonotonicTime { MonotonicTime(nanoseconds: worker.loop.now) }
    private var memory: TransferMemory { worker.memory }
    private var limits: LimitSettings { snapshot.settings.limits }
    private var minimumRate: UInt64 { UInt64(snapshot.settings.limits.minimumRate) }
    private var submission: PoolSubmission { PoolSubmission(snapshot: snapshot, client: this.client, hop: this.hop) }
    /// Whether it may be sent again after a server may have acted on it.
    private var isRepeatable: Bool {
        downstream.head.method == .get || downstream.head.method == .head || intake.request.endpoint.mayRepeat
    }

    // MARK: Events of the client's side

    /// The first byte of a request has arrived.
    func begin() {
        snapshot = worker.snapshot
        this = PerRequest(client: downstream.client)
        clock = ExchangeClock()
        machine.start()
        recorder.begin(this.client, site: snapshot.siteName, now: worker.loop.now) { worker.appendRequestID(to: &$0) }
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
            case .readingContent: intake.waitsForRoom
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
        if let target = server.target { worker.messages.connectFailed(target, reason: error.context) }
        run(.connectFailed(byTimeout: error.kind == .connectTimeout))
    }

    func upstreamReady() {
        _ = server.connection?.flush()
        run(nil)
    }

    func upstreamTimedOut() { run(.responseTimedOut) }

    /// An operator ends what is connected to this server: as if the server had.
    func serverWasShutDown(_ server: ServerID, of pool: PoolCoordinator) {
        guard isOn(server, of: pool), self.server.connection != nil else { return }
        if machine.state == .connecting { return connectFailed(ProxyError(.closed, context: "shut down by an operator")) }
        run(self.server.lost(machine.state, traffic))
    }

    /// Its checks say that this server is gone.
    func serverWentDown(_ server: ServerID, of pool: PoolCoordinator) {
        guard isOn(server, of: pool), self.server.connection?.responseHasBegun != true else { return }
        run(.serverDown(bodyAtHand: traffic.request.isAtHand, reachedServer: self.server.reachedServer(traffic)))
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
            if let fault = downstream.identityFault {
                if let index = machine.pool { snapshot.pool(index).release(assignment, .none, now: now) }
                return run(refused(fault))
            }
            server.assign(target)
            run(.assigned(assignment))
        case .refused(let reason):
            run(.refused(reason))
        }
    }

    /// The pool knows nothing of it (any more): no server sees it.
    private func refused(_ fault: IdentityFault) -> ExchangeEvent {
        this.closes = true
        recorder.refused(cause: Array(fault.cause.utf8))
        return .refused(fault.reason)
    }

    // MARK: The loop

    private func run(_ first: ExchangeEvent?) {
        traffic.beginTurn()
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
        case .awaitingResponse, .forwarding: pumpTraffic()
        case .delivering, .responding: downstream.flush().event
        }
    }

    private func settle() {
        guard machine.state != .ended else { return finish() }
        clock.update(
            intake.waitsForRoom ? .queued : machine.state, traffic.request.flow, downstream, server.connection, loop: worker.loop,
            timeouts: worker.timeouts, minimumRate: minimumRate)
    }

    /// What comes next is returned, where it is known at once.
    private func perform(_ step: ExchangeStep) -> ExchangeEvent? {
        giveBack(step)
        switch step.action {
        case .none: return nil
        case .submit: return submit()
        case .connect(let fresh): return connect(fresh: fresh)
        case .send:
            // One that must not be sent twice: its sender may try another instance until then.
            if this.hop != nil, !isRepeatable { downstream.sendProcessing() }
            traffic.restartRequest()
        case .respond(let reason): respond(reason)
        case .deliver: dropUpstream()
        case .finish: this.ending = this.closes || !downstream.contentIsTaken ? .close : .keepAlive
        case .cut:
            this.ending = endOfCutResponse
            dropUpstream()
        case .abandon:
            this.ending = traffic.responseHeadIsSent || machine.failedIn == .responding ? endOfCutResponse : .close
            dropUpstream()
        }
        return nil
    }

    /// Where the end of the connection is the end of the content, only a reset shows that something is missing.
    private var endOfCutResponse: DownstreamSide.Ending {
        guard traffic.responseHeadIsSent, traffic.endsWithConnection else { return .cut }
        return .reset
    }

    // MARK: Understanding the request

    private func handleHead(_ received: ByteBuffer) -> ExchangeEvent? {
        if let path = this.client.listener.statusPath, RequestIntake.isTarget(path, downstream.head, received.readable) {
            return respondStatus(isReady: snapshot.isReady)
        }
        if let fault = downstream.identityFault { return refuse(fault.reason, cause: fault.cause) }
        if this.client.listener.settings.isForInstances {
            switch InstanceHop.take(downstream.head, received.readable, from: this.client, snapshot, worker.instanceClients) {
            case .check(let isReady):
                this.isCheck = true
                return respondStatus(isReady: isReady)
            case .refused(let reason, let cause): return refuse(reason, cause: cause)
            case .request(let hop):
                (this.client, this.hop) = (hop.client, hop)
                recorder.sent(by: hop)
            }
        }
        let outcome = intake.begin(downstream, received, limits, of: this.client)
        if case .needsContent = outcome {
            // What will be refused in any case is refused before its content comes.
            if intake.isClassified, case .refuse = route() { return decide() }
            machine.readContent()
            intake.reserveRoom(downstream, limits, in: worker.bodies, for: self)
        }
        return take(outcome)
    }

    /// For the queue of those that wait for room.
    var contentReservation: Int { intake.reservation }
    var heldBodiesLimit: Int { limits.heldBodies }

    /// There is room for the content now, and it is reserved.
    func contentHasRoom() {
        intake.roomCame(downstream)
        run(nil)
    }

    private func take(_ outcome: RequestClassifier.Outcome) -> ExchangeEvent? {
        switch outcome {
        case .ready: decide()
        case .needsContent: nil
        case .refused(let cause): refuse(.badRequest, cause: cause)
        case .tooLong: refuse(.bodyTooLarge)
        }
    }

    private func pumpContent() -> ExchangeEvent? {
        while machine.state == .readingContent {
            switch intake.read(downstream, limits) {
            case .nothing: return nil
            case .clientGone: return .clientGone
            case .outcome(let outcome): if let event = take(outcome) { return event }
            }
        }
        return nil
    }

    private func route() -> Decision {
        if let hop = this.hop { return .forward(pool: hop.pool, rule: hop.rule) }
        return snapshot.routes.decide(intake.request, this.client.routeContext) { snapshot.pool($0).averageQueue }
    }

    private func decide() -> ExchangeEvent? {
        recorder.classified(intake.request)
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
        guard limit > 0, let identity = this.client.identity else { return true }
        this.countsCertname = worker.counters.admit(certname: identity.foldedCertname, limit: limit)
        return this.countsCertname
    }

    /// - Parameter cause: what exactly was wrong; empty where the reason says it
    private func refuse(_ reason: Reason, cause: String = "") -> ExchangeEvent? {
        recorder.refused(cause: Array(cause.utf8))
        if reason.endsConnection { this.closes = true }
        return perform(machine.refuse(reason))
    }

    // MARK: A server for it

    private func submit() -> ExchangeEvent? {
        dropUpstream()
        guard let decided = machine.pool else { return nil }
        // The configuration may have been reloaded since the head was received: while the content was read, or during another server's try.
        if let fault = downstream.identityFault { return refused(fault) }
        recorder.submitted(now: worker.loop.now)
        let submission = submission
        if machine.attempt == .first {
            let pool = submission.overflowed(from: decided)
            if pool != decided { recorder.overflowed(from: snapshot.poolNames[decided.value]) }
            machine.move(to: pool)
        }
        guard let pool = machine.pool else { return nil }
        let ticket = worker.tickets.next()
        this.ticket = ticket.serial
        let poolRequest = submission.request(intake.request, machine, pool: pool, ticket: ticket, mayQueue: worker.mayQueue)
        let (reply, target) = snapshot.pool(pool).submit(poolRequest, now: now)
        switch reply {
        case .assigned(let assignment):
            server.assign(target)
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
            if step.action == .submit, let target = server.target { recorder.tryFailed(target.name, release.verdict.failure) }
            pool.release(release.assignment, release.verdict, now: now)
        }
        if let server = step.connected { pool.handle(.connected(server), now: now) }
        if step.cancelsTicket { worker.cancel(this.ticket, in: pool) }
    }

    private func connect(fresh: Bool) -> ExchangeEvent? {
        dropUpstream()
        guard let target = server.target else { return .connectFailed(byTimeout: false) }
        recorder.connectBegan(now: worker.loop.now)
        clock.restartServer()
        let looksTwice = !isRepeatable || !intake.hasWholeContent || !traffic.request.isAtHand
        do {
            let isConnected = try server.connect(worker.servers, to: target, fresh: fresh, looksTwice: looksTwice, for: self)
            guard prepareRequest() else { return .connectFailed(byTimeout: false) }
            guard isConnected else { return nil }
            recorder.connected(now: worker.loop.now)
            return .connected
        } catch {
            worker.messages.connectFailed(target, reason: error.context)
            return .connectFailed(byTimeout: false)
        }
    }

    private func prepareRequest() -> Bool {
        guard let pool = machine.pool, let connection = server.connection else { return false }
        let submission = submission
        recorder.assigned(via: submission.via(connection.target))
        let additions = submission.additions(
            intake.request, pool: pool, dropsExpect: intake.hasSentContinue,
            toInstanceAs: connection.target.isInstance ? recorder.record.id : nil)
        return traffic.prepare(downstream, for: connection, additions, memory: memory, contentBound: limits.bodyPrefix)
    }

    private func dropUpstream() { recorder.errorCame(server.drop(requestWasSent: traffic.request.isSent)) }

    // MARK: Bytes

    private func pumpTraffic() -> ExchangeEvent? {
        guard let upstream = server.connection else { return nil }
        var terms = ExchangeTraffic.Terms(
            closes: this.closes || worker.isDraining && !traffic.responseHeadIsSent, dropsContinue: intake.hasSentContinue,
            keepsErrorText: snapshot.settings.logs.errorText)
        let outcome = traffic.pump(upstream, downstream, memory, &recorder, &terms, now: worker.loop.now)
        this.closes = terms.closes
        switch consume outcome {
        case nil: break
        case .event(let event): return event
        case .yieldsToClient: worker.loop.deferWork(downstream.timer)
        case .yieldsToServer: worker.loop.deferWork(upstream)
        case .lost: return server.lost(machine.state, traffic)
        case .requestMalformed(let defect):
            this.closes = true
            recorder.refused(cause: Array(defect.text.utf8))
            return .requestMalformed
        case .responseMalformed(let reason):
            worker.messages.badResponse(upstream.target, reason: reason)
            return .responseMalformed
        }
        return nil
    }

    // MARK: Responses from here

    private func respond(_ reason: Reason) {
        dropUpstream()
        recorder.responds(reason)
        stepOverRequest()
        let retryAfter = submission.retryAfter(reason, intake.request, machine.pool, now: now)
        downstream.send(OwnResponse(downstream.head, closes: this.closes).bytes(reason, recorder.record, this.client, retryAfter))
    }

    private func respondStatus(isReady: Bool) -> ExchangeEvent? {
        let isReady = isReady && worker.isReady && snapshot.tlsFault == nil
        machine.respondHere()
        recorder.respondsHere(status: isReady ? 200 : 503)
        stepOverRequest()
        downstream.send(OwnResponse(downstream.head, closes: this.closes).status(isReady: isReady))
        return nil
    }

    /// So that the next request can be read; where this one has not come whole the connection ends.
    private func stepOverRequest() {
        if worker.isDraining { this.closes = true }
        if !this.closes, !downstream.discardRequest() { this.closes = true }
    }

    // MARK: The end

    /// Once for an exchange, however it ends: what it held of the process's limits goes back, and its record is written.
    private func finish() {
        if this.countsCertname, let identity = this.client.identity { worker.counters.leave(certname: identity.foldedCertname) }
        recorder.end(
            machine, bytesIn: downstream.bytesIn, bytesOut: downstream.bytesOut,
            connections: worker.counters.connections.load(ordering: .relaxed), now: worker.loop.now)
        recorder.end(
            route: machine.rule.map { snapshot.routes.nameBytes($0) }, pool: machine.pool.map { snapshot.poolNames[$0.value] },
            server: machine.assignment == nil ? nil : server.target?.name)
        if !this.isCheck { worker.writeLog(recorder.record) }
        traffic.end(memory)
        intake.end(downstream, worker.bodies, worker.counters.bodies, for: self)
        server.end()
        machine = ExchangeStateMachine()
        // The last call: it may begin the next request.
        downstream.end(this.ending)
    }

    // MARK: For the operator

    /// Milliseconds since the request's first byte.
    var age: Int64 { recorder.age(now: worker.loop.now) }

    /// What `show sess` says of the request under way.
    func describe(_ report: inout SessionReport) {
        report.add(recorder.record, bytesIn: downstream.bytesIn)
        report.add(server, isAssigned: machine.assignment != nil)
        report.requestMilliseconds = age
        report.retries = machine.retries
        if let pool = machine.pool { report.pool = snapshot.poolSettings(pool).name }
        report.state = SessionReport.State(machine.state)
    }
}
