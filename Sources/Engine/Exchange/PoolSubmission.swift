import Balancing
import Forwarding
import Model
import Puppet
import Settings

/// What a pool is asked for: which pool, in which class, by which keys?
struct PoolSubmission {
    let snapshot: Snapshot
    let client: ClientContext
    /// Where another instance has sent it.
    var hop: InstanceHop?

    /// Where the decided pool overflows to.
    func overflowed(from pool: PoolIndex) -> PoolIndex {
        Overflow.destination(
            from: pool, settings: { snapshot.poolSettings($0).overflow }, averageQueue: { snapshot.pool($0).averageQueue },
            isUsable: { snapshot.pool($0).isUsable })
    }

    func request(
        _ puppet: borrowing PuppetRequest, _ machine: borrowing ExchangeStateMachine, pool: PoolIndex, ticket: Ticket, mayQueue: Bool
    ) -> PoolRequest {
        var request = PoolRequest(
            ticket: ticket, kind: SlotKind(puppet.endpoint), queueClass: QueueClass(puppet.endpoint, isCA: puppet.isCA),
            holder: client.holder, tried: machine.tried, attempt: machine.attempt, place: machine.place, mayQueue: mayQueue,
            acceptsRetryAfter: puppet.usesRetryAfter, staysHere: hop != nil)
        let routing = snapshot.poolRouting[pool.value]
        if let stick = routing.stick { request.stickKey = key(stick, puppet) }
        if let hash = routing.hash { request.hash = HashRing.hash(key(hash, puppet)) }
        return request
    }

    /// What the request gets on its way to a server of this pool, or to an instance.
    /// - Parameters:
    ///   - dropsExpect: 100 Continue was sent from here
    ///   - id: the request's, as the log has it, where it goes to an instance
    func additions(
        _ puppet: borrowing PuppetRequest, pool: PoolIndex, dropsExpect: Bool, toInstanceAs id: [UInt8]? = nil
    ) -> RequestAdditions {
        var identity: [UInt8] = []
        if let id {
            identity = InstanceHop.fields(client, id: id, pool: snapshot.poolNames[pool.value], from: snapshot.instanceName)
        } else if snapshot.poolRouting[pool.value].identity == .headers {
            identity = client.identity?.headerBlock ?? IdentityHeaders.anonymousBlock
        } else if puppet.endpoint == .caCertificateRenewal {
            // Without it Puppet Server would renew the proxy's own certificate.
            identity = Array(client.identity?.certificateField ?? [])
        }
        return RequestAdditions(identityFields: identity, forwardedFor: client.forwardedFor, dropsExpect: dropsExpect)
    }

    /// The instances that it passes on its way to `target`; empty: this one alone.
    func via(_ target: UpstreamTarget) -> [UInt8] {
        guard target.isInstance else { return hop?.via ?? [] }
        return snapshot.instanceName + [UInt8(ascii: ",")] + target.name
    }

    /// When the agent shall retry, if its pool may serve it later and it obeys Retry-After.
    func retryAfter(_ reason: Reason, _ puppet: borrowing PuppetRequest, _ pool: PoolIndex?, now: MonotonicTime) -> Int? {
        guard reason.isTemporary, let pool, puppet.usesRetryAfter else { return nil }
        return snapshot.pool(pool).retryAfter(key(.certname, puppet), now: now)
    }

    /// What a stick, a hash or a time to come back goes by: for a certname the verified certificate's, else the path's; the source where
    /// there is none.
    func key(_ key: StickKey, _ puppet: borrowing PuppetRequest) -> [UInt8] {
        switch key {
        case .certname:
            if let identity = client.identity { return identity.foldedCertname }
            if !puppet.certname.isEmpty { return puppet.certname.map(ASCII.lowercased) }
        case .environment:
            if !puppet.environment.isEmpty { return puppet.environment }
        case .source: break
        }
        return client.sourceText
    }
}

extension Verdict {
    /// Why the try failed, for the server's counters.
    var failure: Reason? {
        switch self {
        case .connectFailed: .connectFailed
        case .responseFailed: .badResponse
        case .none, .served: nil
        }
    }
}
