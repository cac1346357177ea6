import Buffers
import Forwarding
import HTTP1
import Model
import Network
import Puppet
import Settings
import TLS
import Telemetry

/// What the log tells of the exchange, gathered as it goes.
extension RunningExchange {
    func beginRecord() {
        record.reset()
        record.startedAt = WallClock.nanoseconds()
        worker.appendRequestID(to: &record.id)
        record.site = snapshot.siteName ?? []
        record.listener = connection.listener.name
        record.source = connection.sourceText
        record.sourcePort = connection.sourcePort
        if let identity = connection.identity {
            record.client = identity.certname
            record.serial = identity.serial
        }
        record.tls = connection.stream.isTLS13.map { $0 ? .tls13 : .tls12 }
    }

    /// The whole head: its line, and what of it the log wants.
    func noteHead(_ bytes: borrowing Span<UInt8>) {
        record.http = head.version == .http10 ? .http10 : .http11
        append(bytes, head.methodRange, to: &record.method)
        append(bytes, head.target, to: &record.target)
        if let version = head.first(.puppetVersion) { append(bytes, version.value, to: &record.agentVersion) }
        record.bytesIn = UInt64(head.length)
        if case .contentLength(let length) = head.framing { record.bytesIn += min(length, UInt64(connection.input?.count ?? 0)) }
        record.headTime = headEnded - began
    }

    /// As much of a broken head's first line as there is.
    func noteBrokenHead(_ input: ByteBuffer) {
        record.bytesIn = UInt64(input.count)
        record.headTime = worker.loop.now - began
    }

    /// What Puppet's terms say of it.
    func noteRequest() {
        record.endpoint = Self.endpointNames[Int(SlotKind(request.endpoint).value)]
        copy(request.certname, to: &record.certname)
        copy(request.environment, to: &record.environment)
        copy(request.transaction, to: &record.transaction)
        record.isCA = request.isCA
        switch request.environmentSource {
        case .query: record.environmentSource = .query
        case .body: record.environmentSource = .body
        case .path: record.environmentSource = .path
        case nil: record.environmentSource = nil
        }
    }

    func noteAnswer(_ bytes: borrowing Span<UInt8>) {
        record.status = responseHead.status
        if requestSent > 0 { record.responseTime = worker.loop.now - requestSent }
        if let compiler = responseHead.first(.puppetCompilerName) { append(bytes, compiler.value, to: &record.compiler) }
        keepsErrorContent = responseHead.status >= 400 && snapshot.settings.logs.errorText
    }

    /// Content of a server's error response, as far as its text is looked for.
    func noteErrorContent(_ bytes: borrowing Span<UInt8>) {
        let count = min(bytes.count, ErrorText.contentBound - errorContent.count)
        guard count > 0 else { return }
        bytes.extracting(0..<count).withUnsafeBytes { errorContent.append(contentsOf: $0) }
    }

    /// Writes the line. Once for an exchange.
    func finishRecord() {
        if let rule = exchange.rule { record.route = snapshot.routes.nameBytes(rule) }
        if let pool = exchange.pool { record.pool = snapshot.poolNames[pool.value] }
        if let target, exchange.assignment != nil { record.server = target.name }
        record.tier = exchange.assignment?.tier
        record.isSticky = exchange.assignment?.isSticky ?? false
        record.retries = exchange.retries + exchange.resends
        record.reason = exchange.failure
        if record.queueTime == nil, submitted > 0 { record.queueTime = worker.loop.now - submitted }
        record.totalTime = worker.loop.now - began
        if !errorContent.isEmpty { record.errorText = ErrorText.line(of: errorContent) }
        record.termination = Telemetry.Termination(
            TerminationLetters.of(exchange.failure, byTimeout: exchange.failedByTimeout, phase: failurePhase))
        record.processConnections = worker.counters.connections.load(ordering: .relaxed)
        worker.writeLog(record)
    }

    /// Where the exchange stands.
    var phase: TerminationLetters.Phase {
        if stage == .head { return .head }
        if answerHeadSent || stage == .answeringHere || stage == .classifying { return .data }
        if !requestIsWhole, exchange.failure == .requestTimeout { return .data }
        if requestSent > 0 || sentAnything { return .answer }
        if connectBegan > 0 { return .connect }
        return submitted > 0 ? .queue : .head
    }

    /// By `SlotKind`.
    private static let endpointNames = PuppetEndpoint.allCases.map { Array($0.rawValue.utf8) }

    private func append(_ bytes: borrowing Span<UInt8>, _ range: ByteRange, to output: inout [UInt8]) {
        guard range.upper <= bytes.count else { return }
        bytes.extracting(range.range).withUnsafeBytes { output.append(contentsOf: $0) }
    }

    private func copy(_ bytes: [UInt8], to output: inout [UInt8]) {
        if !output.isEmpty { output.removeAll(keepingCapacity: true) }
        output += bytes
    }
}
