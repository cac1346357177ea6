import Forwarding
import HTTP1
import Model
import Puppet

/// Answers from here: refusals, failures and the status path.
extension RunningExchange {
    func respond(_ reason: Reason) {
        dropUpstream(isReusable: false)
        var bytes: [UInt8] = []
        record.status = reason.status
        if reason == .wrongCertname { record.cause = wrongCertnameCause }
        skipRequest()
        LocalResponse.append(
            reason, id: record.id, cause: record.cause, close: closeAfter, omitsBody: head.method == .head,
            isHTTP10: head.version == .http10, retryAfter: retryAfter(reason), to: &bytes)
        sendLocal(bytes)
    }

    /// Who asked for whose.
    private var wrongCertnameCause: [UInt8] {
        let client = record.client.isEmpty ? Array("a client without a certificate".utf8) : record.client
        return client + " asked for the ".utf8 + record.endpoint + " of ".utf8 + record.certname.prefix(200)
    }

    /// When the agent shall come back: where its pool may serve it later, and it can use that.
    private func retryAfter(_ reason: Reason) -> Int? {
        guard reason.isTemporary, let pool = exchange.pool, usesRetryAfter else { return nil }
        return snapshot.pool(pool).retryAfter(key(.certname), now: now)
    }

    var usesRetryAfter: Bool { AgentVersion(record.agentVersion)?.usesRetryAfter ?? false }

    func answerHere(status: Int, body: [UInt8]) {
        var bytes: [UInt8] = []
        record.status = status
        skipRequest()
        LocalResponse.append(
            status: status, body: body, close: closeAfter, omitsBody: head.method == .head,
            isHTTP10: head.version == .http10, to: &bytes)
        sendLocal(bytes)
    }

    private func sendLocal(_ bytes: [UInt8]) {
        stage = .answeringHere
        bytes.withUnsafeBytes { queueOutgoing($0) }
        flushLocalAnswer()
    }

    func flushLocalAnswer() {
        guard stage == .answeringHere, flushOutgoing() else { return }
        end(keepAlive: !closeAfter)
    }

    /// Steps over the request in the input, so that the next one can be read; where it has not come whole the connection ends.
    private func skipRequest() {
        closeAfter = closeAfter || worker.isDraining
        guard !closeAfter, let input = connection.input else { return }
        if headIsTaken {
            if !requestIsWhole { closeAfter = true }
            return
        }
        input.consume(min(head.length, input.count))
        headIsTaken = true
        do {
            while !requestBody.isFinished, !input.isEmpty {
                switch try requestBody.next(input.readable) {
                case .content(let count), .framing(let count), .trailers(let count): input.consume(count)
                case .needMore, .finished:
                    closeAfter = !requestBody.isFinished
                    return
                }
            }
        } catch {
            closeAfter = true
        }
        requestIsWhole = requestBody.isFinished
        if !requestIsWhole { closeAfter = true }
    }
}
