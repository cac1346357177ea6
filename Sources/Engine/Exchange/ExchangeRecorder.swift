import Forwarding
import HTTP1
import Model
import Network
import Puppet
import Settings
import Telemetry

/// Fills the record of an exchange: its line in the access log and its counts. No decision reads it.
/// Times are nanoseconds of the loop's monotonic clock.
struct ExchangeRecorder: ~Copyable {
    private(set) var record = AccessRecord()

    private var began: Int64 = 0
    private var submitted: Int64 = 0
    private var connectBegan: Int64 = 0
    private var requestSent: Int64 = 0

    /// By `SlotKind`.
    private static let endpointNames = PuppetEndpoint.allCases.map { Array($0.rawValue.utf8) }

    // MARK: The request

    /// The first byte of a request was received.
    mutating func begin(_ client: ClientContext, site: [UInt8]?, now: Int64, appendID: (inout [UInt8]) -> Void) {
        record.reset()
        began = now
        submitted = 0
        connectBegan = 0
        requestSent = 0
        record.startedAt = WallClock.nanoseconds()
        appendID(&record.id)
        if let site { record.site = site }
        record.agent = client.forLog
    }

    /// The whole head: its line, and what of it the log wants.
    mutating func headCame(_ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, now: Int64) {
        record.http =
            switch head.version {
            case .http10: .http10
            case .http11: .http11
            case .http2: .http2
            }
        Self.append(bytes, head.methodRange, to: &record.method)
        Self.append(bytes, head.target, to: &record.target)
        if let version = head.first(.puppetVersion) { Self.append(bytes, version.value, to: &record.agentVersion) }
        record.headTime = now - began
    }

    /// Another instance has sent it: it keeps its id.
    mutating func sent(by hop: InstanceHop) {
        record.agent = hop.client.forLog
        record.id = hop.id
        record.via = hop.via
    }

    mutating func headBroke(now: Int64) { record.headTime = now - began }

    /// What exactly was wrong, where the reason does not say it.
    mutating func refused(cause: [UInt8]) { record.cause = cause }

    /// What Puppet's terms say of it.
    mutating func classified(_ request: borrowing PuppetRequest) {
        record.endpoint = Self.endpointNames[Int(SlotKind(request.endpoint).value)]
        // Shared, not copied: the record lets go of them before the request is used again.
        record.certname = request.certname
        record.environment = request.environment
        record.transaction = request.transaction
        record.isCA = request.isCA
        switch request.environmentSource {
        case .query: record.environmentSource = .query
        case .body: record.environmentSource = .body
        case .path: record.environmentSource = .path
        case nil: record.environmentSource = nil
        }
    }

    // MARK: Its way

    mutating func submitted(now: Int64) { if submitted == 0 { submitted = now } }

    mutating func overflowed(from pool: [UInt8]) { record.overflowedFrom = pool }

    /// - Parameter via: the instances that it passes with this try
    mutating func assigned(via: [UInt8]) { if !via.isEmpty || !record.via.isEmpty { record.via = via } }

    /// A server was assigned.
    mutating func connectBegan(now: Int64) {
        if record.queueTime == nil { record.queueTime = now - submitted }
        connectBegan = now
        requestSent = 0
    }

    mutating func connected(now: Int64) { if record.connectTime == nil { record.connectTime = now - connectBegan } }

    mutating func requestWasSent(now: Int64) { if requestSent == 0 { requestSent = now } }

    mutating func tryFailed(_ server: [UInt8], _ reason: Reason?) {
        record.failedTries.append(AccessRecord.FailedTry(server: server, reason: reason))
    }

    // MARK: Its end

    mutating func responseCame(_ head: borrowing ResponseHead, _ bytes: borrowing Span<UInt8>, now: Int64) {
        record.status = head.status
        if requestSent > 0 { record.responseTime = now - requestSent }
        if let compiler = head.first(.puppetCompilerName) { Self.append(bytes, compiler.value, to: &record.compiler) }
    }

    mutating func respondsHere(status: Int?) { record.status = status }

    mutating func responds(_ reason: Reason) {
        record.status = reason.status
        if reason == .wrongCertname { record.cause = wrongCertnameCause }
    }

    /// Who asked for whose.
    private var wrongCertnameCause: [UInt8] {
        let client = record.client.isEmpty ? Array("a client without a certificate".utf8) : record.client
        return client + " asked for the ".utf8 + record.endpoint + " of ".utf8 + record.certname.prefix(200)
    }

    /// The first bytes of a server's error response.
    mutating func errorCame(_ content: [UInt8]) { if !content.isEmpty { record.errorText = ErrorText.line(of: content) } }

    /// Everything is known. Once for an exchange, before its record is written.
    mutating func end(_ machine: borrowing ExchangeStateMachine, bytesIn: UInt64, bytesOut: UInt64, connections: Int, now: Int64) {
        record.tier = machine.assignment?.tier
        record.isSticky = machine.assignment?.isSticky ?? false
        record.retries = machine.retries + machine.resends
        record.reason = machine.failure
        record.bytesIn = bytesIn
        record.bytesOut = bytesOut
        if record.queueTime == nil, submitted > 0 { record.queueTime = now - submitted }
        record.totalTime = now - began
        record.termination = Telemetry.Termination(
            TerminationLetters.of(machine.failure, byTimeout: machine.failedByTimeout, in: machine.failedIn))
        record.processConnections = connections
    }

    /// Where it went: names that the snapshot holds.
    mutating func end(route: [UInt8]?, pool: [UInt8]?, server: [UInt8]?) {
        if let route { record.route = route }
        if let pool { record.pool = pool }
        if let server { record.server = server }
    }

    /// Milliseconds since the first byte.
    func age(now: Int64) -> Int64 { (now - began) / 1_000_000 }

    private static func append(_ bytes: borrowing Span<UInt8>, _ range: ByteRange, to output: inout [UInt8]) {
        guard range.upper <= bytes.count else { return }
        bytes.extracting(range.range).withUnsafeBytes { output.append(contentsOf: $0) }
    }
}
