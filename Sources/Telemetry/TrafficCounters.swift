import Model

/// What the requests of one listener, pool, server or environment add up to since the start (or `clear counters`).
package struct TrafficCounters: Sendable, Equatable {
    package var requests: UInt64 = 0
    /// Responses by the status's hundred: index 1 to 5; 0 holds the rest (none was begun).
    package var statuses = SIMD8<UInt64>()
    package var bytesIn: UInt64 = 0
    package var bytesOut: UInt64 = 0
    /// Sent again, or tried to be.
    package var retries: UInt64 = 0
    /// Rejected here, before or instead of a server's response (HAProxy's dreq).
    package var refused: UInt64 = 0
    /// Malformed requests (ereq).
    package var requestErrors: UInt64 = 0
    /// No connection to a server (econ).
    package var connectErrors: UInt64 = 0
    /// Broken, cut or late responses (eresp).
    package var responseErrors: UInt64 = 0
    /// Of a server: requests that were sent to another one after it, since it could not be connected, or broke off before its response.
    package var connectsPassedOn: UInt64 = 0
    package var responsesPassedOn: UInt64 = 0
    /// The agent closed its connection (cli_abrt), the server cut a response (srv_abrt).
    package var clientAborts: UInt64 = 0
    package var serverAborts: UInt64 = 0
    /// Nanoseconds over all requests that got so far: queue, connect, response, total; and how many did.
    package var queueTime: UInt64 = 0
    package var connectTime: UInt64 = 0
    package var responseTime: UInt64 = 0
    package var totalTime: UInt64 = 0
    package var timed: UInt64 = 0
    /// When the last request ended, seconds since 1970; 0: never.
    package var lastRequest: Int64 = 0
    /// Requests that ended.
    package var rate = RateCounter()

    package init() {}

    package mutating func add(_ record: borrowing AccessRecord) { add(record, retries: record.retries) }

    mutating func add(_ record: borrowing AccessRecord, retries again: Int) {
        requests += 1
        let hundred = (record.status ?? 0) / 100
        statuses[(1...5).contains(hundred) ? hundred : 0] &+= 1
        bytesIn += record.bytesIn
        bytesOut += record.bytesOut
        retries += UInt64(max(0, again))
        if let reason = record.reason { add(reason) }
        if let total = record.totalTime {
            timed += 1
            totalTime += UInt64(max(0, total))
            queueTime += UInt64(max(0, record.queueTime ?? 0))
            connectTime += UInt64(max(0, record.connectTime ?? 0))
            responseTime += UInt64(max(0, record.responseTime ?? 0))
        }
        let ended = (record.startedAt + (record.totalTime ?? 0)) / 1_000_000_000
        lastRequest = max(lastRequest, ended)
        rate.add(at: ended)
    }

    mutating func add(_ failed: AccessRecord.FailedTry) {
        retries += 1
        switch failed.reason {
        case .connectFailed: connectsPassedOn += 1
        case .some: responsesPassedOn += 1
        case nil: break
        }
    }

    /// Whether or not another server took over.
    package var failedConnects: UInt64 { connectErrors + connectsPassedOn }
    package var failedResponses: UInt64 { responseErrors + serverAborts + responsesPassedOn }

    private mutating func add(_ reason: Reason) {
        switch reason {
        case .badRequest, .targetTooLong, .headTooLarge, .bodyTooLarge, .requestTimeout, .tooSlow, .methodNotAllowed: requestErrors += 1
        case .wrongCertname, .revoked, .certificateRefused, .unverified, .notAuthorized, .noRoute, .queueFull, .queueTimeout, .noServer,
            .overloaded, .perCertname, .loopDetected:
            refused += 1
        case .connectFailed: connectErrors += 1
        case .badResponse, .responseTimeout: responseErrors += 1
        case .cut: serverAborts += 1
        case .clientGone: clientAborts += 1
        }
    }

    package static func += (left: inout TrafficCounters, right: borrowing TrafficCounters) {
        left.requests += right.requests
        left.statuses &+= right.statuses
        left.bytesIn += right.bytesIn
        left.bytesOut += right.bytesOut
        left.retries += right.retries
        left.refused += right.refused
        left.requestErrors += right.requestErrors
        left.connectErrors += right.connectErrors
        left.responseErrors += right.responseErrors
        left.connectsPassedOn += right.connectsPassedOn
        left.responsesPassedOn += right.responsesPassedOn
        left.clientAborts += right.clientAborts
        left.serverAborts += right.serverAborts
        left.queueTime += right.queueTime
        left.connectTime += right.connectTime
        left.responseTime += right.responseTime
        left.totalTime += right.totalTime
        left.timed += right.timed
        left.lastRequest = max(left.lastRequest, right.lastRequest)
        left.rate += right.rate
    }
}
