import Buffers
import Forwarding
import HTTP1
import Model
import Network

/// The answer's way back: from the server's connection to the agent's, with no more held than one buffer.
extension RunningExchange {
    /// How many buffers are passed on in one go, so that one connection does not keep the others waiting.
    private static var buffersInOneGo: Int { 16 }

    /// Passes on what can be passed on: until the server has nothing, the agent takes nothing, or the answer has ended.
    func pumpAnswer() {
        guard stage == .running, !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        for _ in 0..<Self.buffersInOneGo {
            guard flushOutgoing() else { return }
            if answerIsWhole { return end(keepAlive: true) }
            guard let upstream else { return }
            let buffer = roomyAnswerBuffer(upstream)
            switch upstream.stream.read(into: buffer) {
            case .bytes:
                answerBytesCame = true
                worker.loop.setDeadline(upstream, worker.loop.now + upstream.target.responseTimeout)
                upstream.input = nil
                guard takeAnswer(buffer, from: upstream) else { return }
            case .blocked:
                upstream.input = memory.shrink(buffer)
                if upstream.stream.hasFailed { return serverGone() }
                // After a slow agent has caught up the server's clock runs again.
                if answerHeadSent || requestSent > 0, upstream.deadline == .max {
                    worker.loop.setDeadline(upstream, worker.loop.now + upstream.target.responseTimeout)
                }
                return
            case .endOfStream:
                upstream.input = nil
                memory.give(buffer)
                return serverClosed()
            case .failed:
                upstream.input = nil
                memory.give(buffer)
                return serverGone()
            }
        }
        if answerIsWhole {
            // The last bytes came with the last buffer of this go: nothing else would wake the rest.
            if flushOutgoing() { end(keepAlive: true) }
        } else if let upstream {
            worker.loop.deferWork(upstream)
        }
    }

    /// An empty buffer with room in front for a head that grows, or the one that holds an unfinished piece.
    private func roomyAnswerBuffer(_ upstream: UpstreamConnection) -> ByteBuffer {
        if let held = upstream.input {
            if held.room > 0, held.capacity == memory.large.bufferCapacity, held.start >= TransferMemory.headroom { return held }
            let larger = memory.large.take()
            larger.clear(headroom: TransferMemory.headroom)
            larger.append(UnsafeRawBufferPointer(start: held.base + held.start, count: held.count))
            memory.give(held)
            return larger
        }
        let fresh = memory.large.take()
        fresh.clear(headroom: TransferMemory.headroom)
        return fresh
    }

    // MARK: Bytes from the server

    /// Takes charge of `buffer`. False when the pump has nothing more to do for now.
    private func takeAnswer(_ buffer: ByteBuffer, from upstream: UpstreamConnection) -> Bool {
        if !answerHeadSent {
            guard readAnswerHead(buffer, from: upstream) else { return stage == .running && self.upstream === upstream }
        }
        return passOn(buffer, from: upstream, contentStart: buffer.start)
    }

    /// True when the final head was read and replaced by ours, in front of the content. Else the buffer is taken care of.
    private func readAnswerHead(_ buffer: ByteBuffer, from upstream: UpstreamConnection) -> Bool {
        do {
            while true {
                guard try responseParser.parse(buffer.readable, requestMethod: head.method, into: &responseHead) == .complete else {
                    // Behind a full buffer no head will end.
                    if buffer.room == 0 { throw ResponseError.headTooLarge }
                    upstream.input = memory.shrink(buffer)
                    return false
                }
                guard responseHead.isInterim else { break }
                forwardInterim(buffer)
                buffer.consume(responseHead.length)
                // Where the agent has gone the exchange has ended with it: this object is another's next.
                guard stage == .running, !buffer.isEmpty else {
                    memory.give(buffer)
                    return false
                }
            }
        } catch {
            memory.give(buffer)
            worker.badAnswer(upstream.target, reason: "\(error)")
            apply(exchange.handle(.answerMalformed))
            return false
        }
        return replaceHead(buffer, upstream)
    }

    private func replaceHead(_ buffer: ByteBuffer, _ upstream: UpstreamConnection) -> Bool {
        noteAnswer(buffer.readable)
        responseBody = BodyScanner(responseHead.framing)
        dropsChunking = head.version == .http10 && responseHead.framing == .chunked
        let endsWithConnection = responseHead.framing == .untilClose || dropsChunking
        closeAfter = closeAfter || endsWithConnection || worker.isDraining || !requestIsWhole
        upstreamReusable = responseHead.keepAlive && responseHead.framing != .untilClose
        let ours = memory.head
        ours.clear()
        let fits = HeadWriter.appendResponse(
            responseHead, bytes: buffer.readable, clientVersion: head.version, close: closeAfter, dropsChunking: dropsChunking, to: ours)
        let contentStart = buffer.start + responseHead.length
        guard fits, ours.count <= contentStart, surplusIsAbsent(buffer, contentStart, upstream) else {
            memory.give(buffer)
            apply(exchange.handle(.answerMalformed))
            return false
        }
        buffer.start = contentStart
        responseHeadLength = ours.count
        return true
    }

    /// See `Verdict`: Puppet Server's full queue says when to come back.
    private var saysItCannotServe: Bool {
        switch responseHead.status {
        case 502, 504: true
        case 503: responseHead.first(.retryAfter) == nil
        default: false
        }
    }

    /// A whole answer with bytes behind it, before any of it was passed on, is refused rather than delivered.
    private func surplusIsAbsent(_ buffer: ByteBuffer, _ contentStart: Int, _ upstream: UpstreamConnection) -> Bool {
        let held = buffer.end - contentStart
        switch responseHead.framing {
        case .none: return held == 0
        case .contentLength(let length): return UInt64(held) <= length
        case .chunked, .untilClose: return true
        }
    }

    /// Interim answers go on to those who know them (RFC 9110 section 15.2).
    private func forwardInterim(_ buffer: ByteBuffer) {
        guard head.version == .http11, !(answeredExpect && responseHead.status == 100) else { return }
        let ours = memory.head
        ours.clear()
        guard
            HeadWriter.appendResponse(
                responseHead, bytes: buffer.readable, clientVersion: head.version, close: false, dropsChunking: false, to: ours)
        else { return }
        queueOutgoing(UnsafeRawBufferPointer(start: ours.base + ours.start, count: ours.count))
        _ = flushOutgoing()
    }

    /// Puts bytes behind what waits to be written already.
    func queueOutgoing(_ bytes: UnsafeRawBufferPointer) {
        let waiting = outgoing?.count ?? 0
        let joined = memory.take(capacity: waiting + bytes.count)
        if let before = outgoing {
            joined.append(UnsafeRawBufferPointer(start: before.base + before.start, count: before.count))
            memory.give(before)
        }
        joined.append(bytes)
        outgoing = joined
    }

    // MARK: Content

    /// Judges the content's framing, puts our head in front where it is due, and writes.
    private func passOn(_ buffer: ByteBuffer, from upstream: UpstreamConnection, contentStart: Int) -> Bool {
        do {
            try frame(buffer, upstream)
        } catch {
            memory.give(buffer)
            worker.badAnswer(upstream.target, reason: "\(error)")
            apply(exchange.handle(.answerMalformed))
            return false
        }
        if responseHeadLength > 0 {
            // What came with the head has been judged too: from here on the answer is the server's.
            apply(exchange.handle(.answerBegan(isFailure: saysItCannotServe)))
            answerHeadSent = true
            let ours = memory.head
            buffer.start -= responseHeadLength
            (buffer.base + buffer.start).copyMemory(from: ours.base + ours.start, byteCount: responseHeadLength)
            responseHeadLength = 0
        }
        if responseBody.isFinished { answerEnded() }
        if buffer.isEmpty {
            memory.give(buffer)
        } else if outgoing == nil {
            outgoing = buffer
        } else {
            // An interim answer still waits in front of it.
            queueOutgoing(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count))
            memory.give(buffer)
        }
        return true
    }

    /// Leaves in `buffer` what is to be sent. A piece of framing that is not whole goes to `upstream.input`.
    private func frame(_ buffer: ByteBuffer, _ upstream: UpstreamConnection) throws(AnswerDefect) {
        var position = buffer.start
        var kept = buffer.start
        let end = buffer.end
        scan: while position < end {
            let rest = buffer.readable.extracting(position - buffer.start..<end - buffer.start)
            switch try next(rest) {
            case .content(let count):
                if keepsErrorContent { noteErrorContent(rest.extracting(0..<count)) }
                if kept != position { (buffer.base + kept).copyMemory(from: buffer.base + position, byteCount: count) }
                kept += count
                position += count
            case .framing(let count):
                if !dropsChunking {
                    if kept != position { (buffer.base + kept).copyMemory(from: buffer.base + position, byteCount: count) }
                    kept += count
                }
                position += count
            case .trailers(let count):
                kept = try keepTrailers(rest.extracting(0..<count), in: buffer, at: kept)
                position += count
            case .needMore:
                let piece = memory.take(capacity: max(end - position, memory.small.bufferCapacity))
                piece.append(UnsafeRawBufferPointer(start: buffer.base + position, count: end - position))
                upstream.input = piece
                position = end
            case .finished:
                break scan
            }
        }
        if position < end {
            // Bytes behind the answer: whose they are nobody can know.
            throw .surplus
        }
        buffer.end = kept
    }

    private func next(_ bytes: borrowing Span<UInt8>) throws(AnswerDefect) -> BodySegment {
        do { return try responseBody.next(bytes) } catch { throw .framing(error) }
    }

    /// Rewrites a trailer section in place: it never gets longer.
    private func keepTrailers(_ section: borrowing Span<UInt8>, in buffer: ByteBuffer, at kept: Int) throws(AnswerDefect) -> Int {
        if dropsChunking { return kept }
        let rewritten = memory.take(capacity: section.count)
        defer { memory.give(rewritten) }
        do {
            guard try HeadWriter.appendTrailers(section, to: rewritten), rewritten.count <= section.count else {
                throw AnswerDefect.surplus
            }
        } catch let error as FramingError {
            throw .framing(error)
        } catch {
            throw .surplus
        }
        (buffer.base + kept).copyMemory(from: rewritten.base + rewritten.start, byteCount: rewritten.count)
        return kept + rewritten.count
    }

    /// The server's last byte has come: its slot is free and its connection may serve another, whatever the agent still has to take.
    private func answerEnded() {
        answerIsWhole = true
        let everythingSent = requestIsWhole && sentCount == outbound?.count ?? 0
        apply(exchange.handle(.answerEnded))
        dropUpstream(isReusable: upstreamReusable && everythingSent && upstream?.input == nil)
    }

    private func serverClosed() {
        if answerHeadSent, responseHead.framing == .untilClose {
            answerEnded()
            if flushOutgoing() { end(keepAlive: false) }
            return
        }
        serverGone()
    }

    private func serverGone() {
        upstreamFailed(ProxyError(.closed, context: "connection lost"))
    }

    // MARK: To the agent

    /// True when nothing waits to be written.
    func flushOutgoing() -> Bool {
        let stream = connection.stream
        guard stream.flushPending() else { return waitForAgent(stream) }
        guard let buffer = outgoing else {
            if answerHeadSent, requestIsWhole { worker.loop.setDeadline(connection, .max) }
            return true
        }
        let taken = stream.write(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count))
        record.bytesOut += UInt64(taken)
        buffer.consume(taken)
        if buffer.isEmpty {
            memory.give(buffer)
            outgoing = nil
            if stream.hasPendingOutput { return waitForAgent(stream) }
            if requestIsWhole { worker.loop.setDeadline(connection, .max) }
            return true
        }
        outgoing = memory.shrink(buffer)
        return waitForAgent(stream)
    }

    /// False, always: the agent is slow, or gone. While it is slow the server's clock does not run.
    private func waitForAgent(_ stream: Stream) -> Bool {
        if stream.hasFailed {
            clientGone()
            return false
        }
        if let upstream { worker.loop.setDeadline(upstream, .max) }
        worker.loop.setDeadline(connection, worker.loop.now + worker.timeouts.client)
        return false
    }
}
