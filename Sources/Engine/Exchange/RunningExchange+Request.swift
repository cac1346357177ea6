import Buffers
import Forwarding
import HTTP1
import Model
import Puppet
import Settings

/// The request's way to the server: out of the connection's input into `outbound`, from there to the server.
extension RunningExchange {
    /// Puts the head as this server gets it at the start of `outbound`, with what has come of the content behind it. Once for a request:
    /// a retry sends the same bytes. False where the head does not fit.
    func prepareOutbound(for target: UpstreamTarget) -> Bool {
        if headIsTaken { return true }
        guard let input = connection.input, let pool = exchange.pool else { return false }
        let identity = identityFields(for: pool)
        let headRoom = head.length + identity.count + connection.forwardedFor.count + 256
        let buffer = memory.take(capacity: headRoom + expectedContent)
        guard
            HeadWriter.appendRequest(
                head, bytes: input.readable, identityFields: identity, forwardedFor: connection.forwardedFor,
                dropExpect: answeredExpect, fallbackHost: target.authority, to: buffer)
        else {
            memory.give(buffer)
            return false
        }
        outbound = buffer
        headIsTaken = true
        input.consume(head.length)
        takeFromInput()
        guard stage == .running else { return false }
        if let rest = connection.input { connection.input = memory.shrink(rest) }
        return true
    }

    /// As much of the content as is held at once.
    private var expectedContent: Int {
        switch head.framing {
        case .none, .untilClose: 0
        case .contentLength(let length): Int(min(length, UInt64(bodyPrefix)))
        case .chunked: bodyPrefix
        }
    }

    private func identityFields(for pool: PoolIndex) -> [UInt8] {
        guard snapshot.settings.pools[pool.value].identity == .headers else { return [] }
        return connection.identity?.headerBlock ?? IdentityHeaders.anonymousBlock
    }

    // MARK: From the agent

    /// How many pieces are passed on in one go, so that one uploader does not keep the others waiting.
    private static var piecesInOneGo: Int { 16 }

    /// Reads what has come of the content and passes it on. While nothing of it has been dropped the request can be sent again.
    func takeMoreOfRequest() {
        guard stage == .running, !requestIsWhole else { return }
        guard headIsTaken else { return }
        var pieces = 0
        while !requestIsWhole {
            pieces += 1
            guard pieces <= Self.piecesInOneGo else { return worker.loop.deferWork(connection) }
            makeRoom()
            guard let outbound, outbound.room >= leastRoom else { return waitForServer() }
            if connection.input?.isEmpty != false {
                let buffer = connection.roomyInput()
                switch connection.stream.read(into: buffer) {
                case .bytes(let count):
                    record.bytesIn += UInt64(count)
                    worker.loop.setDeadline(connection, worker.loop.now + worker.timeouts.body)
                case .blocked:
                    waitForContent(buffer)
                    if connection.stream.hasFailed { return clientGone() }
                    _ = sendOutbound()
                    return
                case .endOfStream, .failed:
                    return clientGone()
                }
            }
            let before = connection.input?.count ?? 0
            takeFromInput()
            guard stage == .running else { return }
            if requestIsWhole { break }
            if connection.input?.count == before {
                // A piece of framing is not whole yet: read behind it.
                guard readBehindInput() else { return }
            }
            if sendOutbound() { return waitForServer() }
        }
        if requestIsWhole { worker.loop.setDeadline(connection, .max) }
        if let input = connection.input { connection.input = memory.shrink(input) }
        _ = sendOutbound()
    }

    /// The server takes nothing now, so nothing is read from the agent, whose clock stands still.
    private func waitForServer() {
        guard stage == .running else { return }
        worker.loop.setDeadline(connection, .max)
        if let input = connection.input { connection.input = memory.shrink(input) }
    }

    private func waitForContent(_ buffer: ByteBuffer) {
        connection.input = memory.shrink(buffer)
        if connection.deadline == .max { worker.loop.setDeadline(connection, worker.loop.now + worker.timeouts.body) }
    }

    /// False when there is nothing more now, or the agent is gone.
    private func readBehindInput() -> Bool {
        let buffer = connection.roomyInput()
        switch connection.stream.read(into: buffer) {
        case .bytes(let count):
            record.bytesIn += UInt64(count)
            worker.loop.setDeadline(connection, worker.loop.now + worker.timeouts.body)
            return true
        case .blocked:
            waitForContent(buffer)
            return false
        case .endOfStream, .failed:
            clientGone()
            return false
        }
    }

    /// Moves content from the input to `outbound`, as far as there is room, judging its framing on the way.
    private func takeFromInput() {
        guard let outbound else { return }
        do throws(FramingError) {
            while let input = connection.input, !input.isEmpty, !requestBody.isFinished, outbound.room >= leastRoom {
                let visible = min(input.count, outbound.room)
                switch try requestBody.next(input.readable.extracting(0..<visible)) {
                case .content(let count), .framing(let count):
                    outbound.append(UnsafeRawBufferPointer(start: input.base + input.start, count: count))
                    input.consume(count)
                case .trailers(let count):
                    guard try HeadWriter.appendTrailers(input.readable.extracting(0..<count), to: outbound) else { throw .trailersTooLarge }
                    input.consume(count)
                case .needMore:
                    if visible < input.count { throw .trailersTooLarge }
                    return
                case .finished: break
                }
            }
        } catch {
            closeAfter = true
            record.cause = Array(error.text.utf8)
            return apply(exchange.handle(.requestMalformed))
        }
        requestIsWhole = requestBody.isFinished
    }

    /// A chunk's size line or a trailer section is taken whole.
    private var leastRoom: Int { head.framing == .chunked ? BodyScanner.Bound.trailers + 1024 : 1 }

    /// Gives up being able to send the request again where its content is longer than what is held.
    private func makeRoom() {
        guard let outbound, outbound.room < leastRoom, sentCount > 0 else { return }
        bodyAtHand = false
        outbound.consume(sentCount)
        sentCount = 0
        outbound.compact()
    }

    // MARK: To the server

    func send() {
        guard stage == .running else { return }
        if !sendOutbound() { takeMoreOfRequest() }
    }

    /// True when the server does not take more now, or the connection has ended.
    private func sendOutbound() -> Bool {
        guard exchange.state == .waiting || exchange.state == .answering, let outbound, let upstream else { return false }
        while sentCount < outbound.count {
            let rest = UnsafeRawBufferPointer(start: outbound.base + outbound.start + sentCount, count: outbound.count - sentCount)
            let taken = upstream.stream.write(rest)
            if taken > 0 { sentAnything = true }
            sentCount += taken
            if upstream.stream.hasFailed {
                // The server may have answered before it stopped reading: what it said counts.
                if !answerHeadSent { pumpAnswer() }
                return true
            }
            guard taken == rest.count else {
                worker.loop.setDeadline(upstream, worker.loop.now + upstream.target.responseTimeout)
                return true
            }
        }
        if !requestIsWhole {
            // The server has taken all there is: now it is the agent's clock that runs.
            if !answerHeadSent { worker.loop.setDeadline(upstream, .max) }
        } else if requestSent == 0 {
            requestSent = worker.loop.now
            worker.loop.setDeadline(upstream, worker.loop.now + upstream.target.responseTimeout)
        }
        return false
    }
}
