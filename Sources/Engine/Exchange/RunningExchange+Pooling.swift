import Balancing
import Forwarding
import Model
import Puppet
import Settings
import Telemetry

/// From the decision to a slot on a server, and the slot's way back.
extension RunningExchange {
    func submit() {
        dropUpstream(isReusable: false)
        guard let decided = exchange.pool else { return }
        // A reload may have come since the head did: while the body was read, or a server that failed was waited for.
        if connection.isRevoked() { return refuseRevoked() }
        if submitted == 0 { submitted = worker.loop.now }
        if exchange.attempt == .first {
            let pool = overflowed(from: decided)
            if pool != decided { record.overflowedFrom = snapshot.poolNames[decided.value] }
            exchange.move(to: pool)
        }
        guard let pool = exchange.pool else { return }
        let ticket = worker.newTicket()
        ticketSerial = ticket.serial
        let (submission, target) = snapshot.pool(pool).submit(poolRequest(ticket, pool), now: now)
        switch submission {
        case .assigned(let assignment):
            self.target = target
            apply(exchange.handle(.assigned(assignment)))
        case .queued:
            worker.waitForServer(self, serial: ticket.serial)
            if let input = connection.input { connection.input = memory.shrink(input) }
            apply(exchange.handle(.queued))
            takeMoreOfRequest()
        case .refused(let reason):
            apply(exchange.handle(.refused(reason)))
        }
    }

    private func overflowed(from pool: PoolIndex) -> PoolIndex {
        Overflow.destination(
            from: pool, settings: { snapshot.poolSettings($0).overflow }, averageQueue: { snapshot.pool($0).averageQueue },
            isUsable: { snapshot.pool($0).isUsable })
    }

    private func poolRequest(_ ticket: Ticket, _ pool: PoolIndex) -> PoolRequest {
        var request = PoolRequest(
            ticket: ticket, kind: SlotKind(self.request.endpoint), queueClass: QueueClass(self.request.endpoint, isCA: self.request.isCA),
            tried: exchange.tried, attempt: exchange.attempt, place: exchange.place, mayQueue: worker.mayQueue, acceptsRetryAfter: usesRetryAfter)
        // Not by way of all the pool's settings, which would be copied.
        if let stick = snapshot.settings.pools[pool.value].stick { request.stickKey = key(stick.on) }
        if case .hash(let on) = snapshot.settings.pools[pool.value].balance { request.hash = HashRing.hash(key(on)) }
        return request
    }

    /// What a stick, a hash or a time to come back goes by: for a certname the verified certificate's, else the path's; the source where
    /// there is none.
    func key(_ key: StickKey) -> [UInt8] {
        switch key {
        case .certname:
            if let identity = connection.identity { return identity.foldedCertname }
            if !request.certname.isEmpty { return request.certname.map(ASCII.lowercased) }
        case .environment:
            if !request.environment.isEmpty { return request.environment }
        case .source: break
        }
        return connection.sourceText
    }

    /// The queue has answered. The worker has made sure that this exchange still waits for this ticket.
    func queueAnswered(_ outcome: PoolCoordinator.QueueOutcome) {
        let held = connection
        defer { withExtendedLifetime(held) {} }
        switch outcome {
        case .assigned(let assignment, let target):
            guard !connection.isRevoked() else {
                if let index = exchange.pool { snapshot.pool(index).release(assignment, .none, now: now) }
                return refuseRevoked()
            }
            self.target = target
            apply(exchange.handle(.assigned(assignment)))
        case .refused(let reason):
            apply(exchange.handle(.refused(reason)))
        }
    }

    /// The pool knows nothing of it (any more): no server sees it.
    private func refuseRevoked() {
        closeAfter = true
        apply(exchange.handle(.refused(.revoked)))
    }

    /// The slot or the place in the queue that a step lets go, and what it tells of the server.
    func giveBack(_ step: ExchangeStep) {
        guard let index = exchange.pool else { return }
        let pool = snapshot.pool(index)
        if let release = step.release {
            if step.action == .submit, let target {
                record.failedTries.append(AccessRecord.FailedTry(server: target.name, release.verdict))
            }
            pool.release(release.assignment, release.verdict, now: now)
        }
        if let server = step.connected { pool.handle(.connected(server), now: now) }
        if step.cancelsTicket { worker.cancel(ticketSerial, in: pool) }
    }
}

extension AccessRecord.FailedTry {
    fileprivate init(server: [UInt8], _ verdict: Verdict) {
        let reason: Reason? =
            switch verdict {
            case .connectFailed: .connectFailed
            case .answerFailed: .badResponse
            case .none, .served: nil
            }
        self.init(server: server, reason: reason)
    }
}
