import Balancing
import Model
import Routing
import Testing

@testable import Forwarding

@Suite struct ExchangeStateMachineTests {
    let pool = PoolIndex(0)
    let rule = RuleID(3)

    func assignment(_ number: UInt32) -> Assignment { Assignment(server: ServerID(number), serverIndex: 0, tier: 0) }

    func release(_ number: UInt32, _ verdict: Verdict) -> SlotRelease {
        SlotRelease(assignment: assignment(number), verdict: verdict)
    }

    /// An exchange that waits for the response of server 1.
    func waiting(isRepeatable: Bool = true, attempts: Int = 2) -> ExchangeStateMachine {
        var exchange = ExchangeStateMachine()
        #expect(exchange.decide(.forward(pool: pool, rule: rule), isRepeatable: isRepeatable, attempts: attempts).action == .submit)
        #expect(exchange.handle(.assigned(assignment(1))).action == .connect(fresh: false))
        #expect(exchange.handle(.connected).action == .send)
        return exchange
    }

    @Test func aResponseThatEndsReleasesItsServerOnce() {
        var exchange = waiting()
        #expect(exchange.handle(.responseBegan(isFailure: false)) == ExchangeStep(.none))
        #expect(exchange.handle(.responseEnded) == ExchangeStep(.deliver, release: release(1, .served)))
        #expect(exchange.state == .delivering)
        #expect(exchange.failure == nil)
        var left = exchange
        #expect(exchange.handle(.delivered) == ExchangeStep(.finish))
        #expect(exchange.state == .ended)
        #expect(exchange.handle(.clientGone) == ExchangeStep(.none))
        #expect(exchange.failure == nil)
        // The agent may go while it still takes the last bytes: nothing is released again, but the connection ends.
        #expect(left.handle(.clientGone) == ExchangeStep(.abandon))
        #expect(left.failure == .clientGone)
    }

    @Test func aRejectionNeedsNoServer() {
        var exchange = ExchangeStateMachine()
        #expect(
            exchange.decide(.refuse(.wrongCertname, rule: rule), isRepeatable: true, attempts: 2) == ExchangeStep(.respond(.wrongCertname)))
        #expect(exchange.failure == .wrongCertname)
        #expect(exchange.pool == nil)
    }

    // What may be sent again, and when.
    @Test(arguments: [
        // repeatable, sent, at hand, reused → action
        (true, true, true, false, ExchangeAction.submit),
        (true, false, true, false, .submit),
        (true, true, true, true, .connect(fresh: true)),
        (true, true, false, false, .respond(.badResponse)),
        (false, true, true, false, .respond(.badResponse)),
        (false, true, true, true, .respond(.badResponse)),
        (false, false, true, true, .connect(fresh: true)),
        (false, false, true, false, .submit),
    ])
    func aLostServerIsReplacedOnlyWhereThatIsSafe(
        _ isRepeatable: Bool, _ sent: Bool, _ atHand: Bool, _ reused: Bool, _ expected: ExchangeAction
    ) {
        var exchange = waiting(isRepeatable: isRepeatable)
        let step = exchange.handle(.lost(.init(sentAnything: sent, bodyAtHand: atHand, wasReused: reused)))
        #expect(step.action == expected)
        // The slot is given back, unless the same server is tried again.
        #expect(step.release?.assignment == (expected == .connect(fresh: true) ? nil : assignment(1)))
    }

    /// A server may have acted on what was sent on a kept connection, though no try of a retry was spent.
    @Test func whatWasResentIsARepeatElsewhere() {
        for (sent, attempt) in [(true, PoolRequest.Attempt.repeat), (false, .redispatch)] {
            var exchange = waiting()
            #expect(
                exchange.handle(.lost(.init(sentAnything: sent, bodyAtHand: true, wasReused: true))) == ExchangeStep(.connect(fresh: true)))
            #expect(exchange.attempt == .first && exchange.retries == 0 && exchange.resends == 1)
            #expect(exchange.handle(.connectFailed(byTimeout: false)).action == .submit)
            #expect(exchange.attempt == attempt)
        }
    }

    /// An instance that has no server is not at fault, and costs no try of a retry; at the end its reason is what counts.
    @Test func whatInstancesDeclineGoesOnToTheNext() {
        var exchange = waiting(isRepeatable: false)
        #expect(exchange.handle(.declined(.queueFull, bodyAtHand: true)) == ExchangeStep(.submit, release: release(1, .none)))
        #expect(exchange.retries == 0 && exchange.attempt == .redispatch && exchange.tried.contains(ServerID(1)))
        #expect(exchange.handle(.refused(.noServer)).action == .respond(.queueFull))
        var gone = waiting()
        #expect(gone.handle(.declined(.overloaded, bodyAtHand: false)).action == .respond(.overloaded))
    }

    /// Until an instance says that a server has it, even what must not be sent twice goes on elsewhere.
    @Test(arguments: [(false, true, ExchangeAction.submit), (true, true, .respond(.badResponse)), (false, false, .connect(fresh: true))])
    func whatOnlyAnInstanceHadIsSentElsewhere(_ reached: Bool, _ sent: Bool, _ expected: ExchangeAction) {
        var exchange = waiting(isRepeatable: false)
        let loss = ExchangeEvent.Loss(sentAnything: sent, bodyAtHand: true, wasReused: true, reachedServer: reached)
        let step = exchange.handle(.lost(loss))
        #expect(step.action == expected)
        if expected == .submit { #expect(step.release == release(1, .connectFailed)) }
        var down = waiting(isRepeatable: false)
        #expect(down.handle(.serverDown(bodyAtHand: true, reachedServer: reached)).action == (reached ? .none : .submit))
    }

    @Test func aTimeThatRunsOutWhileConnectingIsATimeout() {
        var exchange = ExchangeStateMachine()
        _ = exchange.decide(.forward(pool: pool, rule: rule), isRepeatable: true, attempts: 0)
        _ = exchange.handle(.assigned(assignment(1)))
        #expect(exchange.handle(.responseTimedOut) == ExchangeStep(.respond(.connectFailed), release: release(1, .connectFailed)))
        #expect(exchange.failedByTimeout)
    }

    @Test func aServerThatIsDownIsWaitedForWhereTheContentIsGone() {
        var exchange = waiting()
        #expect(exchange.handle(.serverDown(bodyAtHand: false)) == ExchangeStep(.none))
        #expect(exchange.handle(.serverDown(bodyAtHand: true)) == ExchangeStep(.submit, release: release(1, .none)))
    }

    @Test func aRetryKeepsItsPlaceInTheQueue() {
        let place = QueuePlace(order: 7, waited: .seconds(3))
        var exchange = ExchangeStateMachine()
        _ = exchange.decide(.forward(pool: pool, rule: rule), isRepeatable: true, attempts: 2)
        _ = exchange.handle(.queued)
        _ = exchange.handle(.assigned(Assignment(server: ServerID(1), serverIndex: 0, tier: 0, place: place)))
        _ = exchange.handle(.connectFailed(byTimeout: false))
        #expect(exchange.place == place && exchange.attempt == .redispatch)
    }

    @Test func nothingIsSentAgainOnceAResponseHasBegun() {
        var exchange = waiting()
        _ = exchange.handle(.responseBegan(isFailure: false))
        let step = exchange.handle(.lost(.init(sentAnything: true, bodyAtHand: true, wasReused: false)))
        #expect(step == ExchangeStep(.cut, release: release(1, .responseFailed)))
        #expect(exchange.failure == .cut)
    }

    @Test func aFailedConnectionIsTriedElsewhereUntilAttemptsEnd() {
        var exchange = ExchangeStateMachine()
        _ = exchange.decide(.forward(pool: pool, rule: rule), isRepeatable: false, attempts: 2)
        for number in UInt32(1)...2 {
            _ = exchange.handle(.assigned(assignment(number)))
            let step = exchange.handle(.connectFailed(byTimeout: false))
            #expect(step == ExchangeStep(.submit, release: release(number, .connectFailed)))
            #expect(exchange.tried.contains(ServerID(number)))
        }
        _ = exchange.handle(.assigned(assignment(3)))
        #expect(
            exchange.handle(.connectFailed(byTimeout: true)) == ExchangeStep(.respond(.connectFailed), release: release(3, .connectFailed)))
        #expect(exchange.retries == 2)
        #expect(exchange.failedByTimeout)
    }

    @Test func whenNoServerIsLeftTheLastFailureIsReported() {
        var exchange = ExchangeStateMachine()
        _ = exchange.decide(.forward(pool: pool, rule: rule), isRepeatable: true, attempts: 5)
        _ = exchange.handle(.assigned(assignment(1)))
        _ = exchange.handle(.connectFailed(byTimeout: false))
        // There is no other server: those that failed are tried again, once.
        #expect(exchange.handle(.refused(.noServer)) == ExchangeStep(.submit))
        #expect(exchange.tried.isEmpty)
        #expect(exchange.handle(.refused(.noServer)) == ExchangeStep(.respond(.connectFailed)))
    }

    @Test func aPoolWithoutServersIsNoServer() {
        var exchange = ExchangeStateMachine()
        _ = exchange.decide(.forward(pool: pool, rule: rule), isRepeatable: true, attempts: 5)
        #expect(exchange.handle(.refused(.noServer)) == ExchangeStep(.respond(.noServer)))
    }

    @Test func aClientThatGoesLeavesTheQueue() {
        var exchange = ExchangeStateMachine()
        _ = exchange.decide(.forward(pool: pool, rule: rule), isRepeatable: true, attempts: 2)
        _ = exchange.handle(.queued)
        #expect(exchange.handle(.clientGone) == ExchangeStep(.abandon, cancelsTicket: true))
        // An assignment that crossed with it gives its slot back at once.
        #expect(exchange.handle(.assigned(assignment(4))) == ExchangeStep(.none, release: release(4, .none)))
    }

    @Test func aSlowServerIsNotTriedElsewhere() {
        var exchange = waiting()
        #expect(exchange.handle(.responseTimedOut) == ExchangeStep(.respond(.responseTimeout), release: release(1, .responseFailed)))
        #expect(exchange.failedByTimeout)
    }

    @Test func aSlowClientIsRejectedOrCutAndTheServerIsNotBlamed() {
        var exchange = waiting()
        #expect(exchange.handle(.clientTooSlow) == ExchangeStep(.respond(.tooSlow), release: release(1, .none)))
        #expect(exchange.failedIn == .awaitingResponse)
        var forwarding = waiting()
        _ = forwarding.handle(.responseBegan(isFailure: false))
        #expect(forwarding.handle(.clientTooSlow) == ExchangeStep(.cut, release: release(1, .none)))
        // Once the server's slot is free, a slow client does no harm.
        var delivering = waiting()
        _ = delivering.handle(.responseBegan(isFailure: false))
        _ = delivering.handle(.responseEnded)
        #expect(delivering.handle(.clientTooSlow) == ExchangeStep(.none))
    }

    /// Where it is when the client leaves decides the log's termination state, and the end is always `abandon`.
    @Test func theClientMayLeaveInEveryState() {
        var exchange = ExchangeStateMachine()
        #expect(exchange.handle(.clientGone) == ExchangeStep(.none))
        exchange.start()
        var reading = exchange
        reading.readContent()
        for (machine, state) in [
            (exchange, ExchangeStateMachine.State.readingHead), (reading, .readingContent), (waiting(), .awaitingResponse),
        ] {
            var machine = machine
            #expect(machine.handle(.clientGone).action == .abandon)
            #expect(machine.failedIn == state)
            #expect(machine.failure == .clientGone)
        }
        // A refusal keeps its reason though the client does not wait for it.
        #expect(exchange.refuse(.badRequest).action == .respond(.badRequest))
        #expect(exchange.handle(.clientGone).action == .abandon)
        #expect(exchange.failure == .badRequest)
        #expect(exchange.failedIn == .readingHead)
    }

    @Test func aLocalResponseIsNoFailure() {
        var exchange = ExchangeStateMachine()
        exchange.start()
        exchange.respondHere()
        #expect(exchange.state == .responding)
        #expect(exchange.handle(.delivered) == ExchangeStep(.finish))
        #expect(exchange.failure == nil)
    }

    @Test func brokenContentOfARequestEndsIt() {
        var exchange = waiting()
        #expect(exchange.handle(.requestMalformed) == ExchangeStep(.respond(.badRequest), release: release(1, .none)))
        var answering = waiting()
        _ = answering.handle(.responseBegan(isFailure: false))
        #expect(answering.handle(.requestTimedOut) == ExchangeStep(.cut, release: release(1, .none)))
        #expect(answering.failure == .requestTimeout)
    }

    /// Whatever comes in whatever order: a slot is given back exactly as often as it was taken, and an ended exchange stays ended.
    @Test(arguments: UInt64(1)...200)
    func slotsBalanceUnderAnyOrderOfEvents(_ seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        func random(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        var exchange = ExchangeStateMachine()
        var held = 0
        _ = exchange.decide(.forward(pool: pool, rule: rule), isRepeatable: random(2) == 0, attempts: Int(random(4)))
        for _ in 0..<60 {
            let before = exchange.state
            let event: ExchangeEvent
            switch random(12) {
            case 0, 1:
                event = .assigned(assignment(UInt32(random(5))))
                held += 1
            case 2: event = .queued
            case 3: event = .refused(.queueTimeout)
            case 4, 5: event = .connected
            case 6: event = .connectFailed(byTimeout: false)
            case 7: event = .lost(.init(sentAnything: random(2) == 0, bodyAtHand: random(2) == 0, wasReused: random(2) == 0))
            case 8: event = .responseBegan(isFailure: random(2) == 0)
            case 9: event = .responseEnded
            case 10: event = random(2) == 0 ? .responseTimedOut : .serverDown(bodyAtHand: random(2) == 0)
            default: event = random(4) == 0 ? .clientGone : random(2) == 0 ? .delivered : .clientTooSlow
            }
            let step = exchange.handle(event)
            if step.release != nil { held -= 1 }
            if before == .ended { #expect(exchange.state == .ended) }
            if before == .responding || before == .delivering { #expect(exchange.state == before || exchange.state == .ended) }
        }
        if exchange.handle(.clientGone).release != nil { held -= 1 }
        #expect(held == 0, "seed \(seed)")
    }
}
