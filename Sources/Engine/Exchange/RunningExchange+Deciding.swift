import Buffers
import Forwarding
import HTTP1
import Model
import Puppet
import Routing
import Telemetry

/// From the head's bytes to the decision where the request goes.
extension RunningExchange {
    /// True when the head is whole or refused; `input` starts with it.
    func parseHead(_ input: ByteBuffer) -> Bool {
        do {
            guard try parser.parse(input.readable, into: &head) == .complete else { return false }
        } catch {
            noteBrokenHead(input)
            refuse(error.reason, cause: error.cause ?? "")
            return true
        }
        headEnded = worker.loop.now
        worker.loop.setDeadline(connection, .max)
        noteHead(input.readable)
        requestBody = BodyScanner(head.framing)
        requestIsWhole = requestBody.isFinished
        closeAfter = !head.keepAlive
        accept(input)
        return true
    }

    private func accept(_ input: ByteBuffer) {
        if let path = connection.listener.statusPath, isTarget(path, input.readable) { return answerStatus() }
        if connection.isRevoked() {
            closeAfter = true
            return refuse(.revoked)
        }
        switch request.classify(method: head.method, target: input.readable.extracting(head.target.range)) {
        case .complete: decide()
        case .needsBody:
            stage = .classifying
            if requestIsWhole { return classifyBody(input, extent: .whole) }
            worker.loop.setDeadline(connection, worker.loop.now + worker.timeouts.body)
            if head.expectsContinue { answerExpect() }
            dechunker = requestBody
            dechunkedUpTo = head.length
            readForClassification()
        case .ambiguous(let problem): refuse(.badRequest, cause: problem.rawValue)
        }
    }

    private func isTarget(_ path: [UInt8], _ bytes: borrowing Span<UInt8>) -> Bool {
        guard head.method == .get || head.method == .head, head.target.count == path.count else { return false }
        for index in path.indices where bytes[head.target.lower + index] != path[index] { return false }
        return true
    }

    // MARK: A catalog's body

    /// Reads as much of the body into the connection's input as its environment needs, at most `limits.body_prefix`.
    func readForClassification() {
        while stage == .classifying {
            guard let input = connection.input else { return }
            let extent = bodyExtent(input)
            classifyBody(input, extent: extent)
            guard stage == .classifying, extent == .growing else { return }
            let wanted = min(head.length + bodyPrefix + 4096, max(input.count + 16 << 10, expectedEnd))
            let buffer = connection.roomyInput(atLeast: wanted)
            switch connection.stream.read(into: buffer) {
            case .bytes:
                worker.loop.setDeadline(connection, worker.loop.now + worker.timeouts.body)
            case .blocked:
                if connection.stream.hasFailed { clientGone() }
                return
            case .endOfStream, .failed:
                return clientGone()
            }
        }
    }

    /// Where the request ends in the input, as far as its length is told.
    private var expectedEnd: Int {
        if case .contentLength(let length) = head.framing { return head.length + Int(min(length, UInt64(bodyPrefix))) }
        return head.length
    }

    private func bodyExtent(_ input: ByteBuffer) -> BodyExtent {
        switch head.framing {
        case .contentLength(let length):
            let held = input.count - head.length
            if UInt64(held) >= length { return .whole }
            return held >= bodyPrefix ? .cut : .growing
        case .chunked:
            guard dechunk(input) else { return .growing }
            if dechunker.isFinished { return .whole }
            return input.count - head.length >= bodyPrefix ? .cut : .growing
        case .none, .untilClose:
            return .whole
        }
    }

    /// Takes the content out of what has come of a chunked body. False where it is malformed: the exchange has ended then.
    private func dechunk(_ input: ByteBuffer) -> Bool {
        let bytes = input.readable
        do {
            while dechunkedUpTo < bytes.count, !dechunker.isFinished {
                switch try dechunker.next(bytes.extracting(dechunkedUpTo..<bytes.count)) {
                case .content(let count):
                    for index in dechunkedUpTo..<dechunkedUpTo + count { dechunked.append(bytes[index]) }
                    dechunkedUpTo += count
                case .framing(let count), .trailers(let count): dechunkedUpTo += count
                case .needMore, .finished: return true
                }
            }
            return true
        } catch {
            refuse(.badRequest, cause: error.text)
            return false
        }
    }

    private func classifyBody(_ input: ByteBuffer, extent: BodyExtent) {
        guard stage == .classifying else { return }
        let bytes = input.readable
        let type = bytes.extracting(head.first(.contentType)?.value.range ?? 0..<0)
        let encoding = bytes.extracting(head.first(.contentEncoding)?.value.range ?? 0..<0)
        let outcome: BodyClassification
        if head.framing == .chunked {
            let content = dechunked
            outcome = request.classifyBody(content.span, contentType: type, contentEncoding: encoding, extent: extent)
        } else {
            var end = bytes.count
            if case .contentLength(let length) = head.framing { end = min(end, head.length + Int(min(length, UInt64(Int32.max)))) }
            let body = bytes.extracting(min(head.length, end)..<end)
            outcome = request.classifyBody(body, contentType: type, contentEncoding: encoding, extent: extent)
        }
        switch outcome {
        case .complete: decide()
        case .needsMore: break
        case .ambiguous(let problem): refuse(.badRequest, cause: problem.rawValue)
        }
    }

    private func answerExpect() {
        answeredExpect = true
        worker.continueLine.withUnsafeBytes { queueOutgoing($0) }
        _ = flushOutgoing()
    }

    // MARK: The decision

    private func decide() {
        stage = .running
        worker.loop.setDeadline(connection, .max)
        noteRequest()
        let decision = snapshot.routes.decide(request, identity: connection.identity, source: connection.source) {
            snapshot.pool($0).averageQueue
        }
        var attempts = 0
        if case .forward(let pool, _) = decision { attempts = snapshot.poolSettings(pool).retry.attempts }
        let step = exchange.begin(decision, isRepeatable: isRepeatable, attempts: attempts)
        if exchange.state == .seeking, !admitCertname() { return apply(exchange.handle(.refused(.perCertname))) }
        apply(step)
    }

    /// False where the verified certname has as many requests here as `limits.per_certname` allows.
    private func admitCertname() -> Bool {
        let limit = snapshot.settings.limits.perCertname
        guard limit > 0, let identity = connection.identity else { return true }
        countsCertname = worker.counters.admit(certname: identity.foldedCertname, limit: limit)
        return countsCertname
    }

    /// - Parameter cause: what exactly was wrong; empty where the reason says it
    func refuse(_ reason: Reason, byTimeout: Bool = false, cause: String = "") {
        record.cause = Array(cause.utf8)
        switch reason {
        case .badRequest, .headTooLarge, .targetTooLong, .requestTimeout, .methodNotAllowed: closeAfter = true
        default: break
        }
        apply(exchange.refuse(reason, byTimeout: byTimeout))
    }

    private func answerStatus() {
        let isReady = snapshot.isReady && worker.isReady
        answerHere(status: isReady ? 200 : 503, body: isReady ? worker.readyBody : worker.notReadyBody)
    }
}
