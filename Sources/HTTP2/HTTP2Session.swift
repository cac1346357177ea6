import Buffers
import CNghttp2

/// One HTTP/2 connection (RFC 9113) over the system's nghttp2, without I/O: bytes in → events, calls → bytes out. What must the peer be
/// told, what has it sent, and has it gone too far?
///
/// `receive` and `produce` may each add events: take them with `nextEvent` until there is none before the bytes given are let go. nghttp2
/// enforces the frames' rules and HTTP's on messages; `HeadAssembler` and `AbuseMeter` add what it lets pass. Nothing here calls back, reads
/// a clock or traps on what a peer sends.
///
/// Life: open → (`shutDown` notice → final GOAWAY) → `isOver`, once no stream is left; or `failure`, and then nothing but the GOAWAY that is
/// still to be sent.
package final class HTTP2Session {
    package enum Role: Sendable { case server, client }

    /// Why the session cannot go on.
    package enum Failure: Equatable, Sendable {
        case abuse(HTTP2Abuse)
        /// What nghttp2 says of it.
        case protocolError(String)
    }

    package let role: Role
    private let limits: HTTP2Limits
    private var session: OpaquePointer?
    private var streams: [Int32: HTTP2Stream] = [:]
    private var assembler: HeadAssembler
    private var meter = AbuseMeter()
    private var scanner: FrameScanner
    private var events: [HTTP2Event] = []
    private var nextIndex = 0
    private var now: Int64 = 0
    private var continuations = 0
    /// Content of the DATA frame that comes just now.
    private var contentInFrame = 0
    private var abuse: HTTP2Abuse?
    /// Where `produce` writes; nil at other times.
    private var output: ByteBuffer?
    /// A piece that had no room.
    private var leftover: [UInt8] = []
    package private(set) var failure: Failure?
    private var isShuttingDown = false
    /// Streams whose response was sent before their request had ended: those that the PING under way asks for, and those after it.
    private var isAsking = false
    private var asked: [HTTP2Stream] = []
    private var unread: [HTTP2Stream] = []

    /// - Parameter heads: where the heads' buffers come from and go back to
    package init(_ role: Role, limits: HTTP2Limits, heads: BufferPool) {
        self.role = role
        self.limits = limits
        assembler = HeadAssembler(pool: heads)
        scanner = FrameScanner(preface: role == .server ? NGHTTP2.preface : 0)
        session = NGHTTP2.makeSession(role, limits, user: Unmanaged.passUnretained(self).toOpaque())
        if session == nil { failure = .protocolError("out of memory") }
        submitSettings()
    }

    deinit { nghttp2_session_del(session) }

    package var streamCount: Int { streams.count }
    package func stream(_ id: Int32) -> HTTP2Stream? { streams[id] }
    /// Nothing more is to be read or written.
    package var isOver: Bool { nghttp2_session_want_read(session) == 0 && !wantsWrite }
    /// `produce` may give something.
    package var wantsWrite: Bool { !leftover.isEmpty || nghttp2_session_want_write(session) != 0 }

    package var hasEvents: Bool { nextIndex < events.count }

    package func nextEvent() -> HTTP2Event? {
        guard nextIndex < events.count else {
            events.removeAll(keepingCapacity: true)
            nextIndex = 0
            return nil
        }
        nextIndex += 1
        return events[nextIndex - 1]
    }

    // MARK: Bytes

    /// Takes all of `bytes`.
    /// - Parameter now: nanoseconds of any steady clock
    package func receive(_ bytes: UnsafeRawBufferPointer, now: Int64) {
        guard failure == nil, !bytes.isEmpty else { return }
        self.now = now
        countFrames(bytes)
        if let abuse { return fail(.abuse(abuse), .enhanceYourCalm) }
        let count = nghttp2_session_mem_recv(session, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
        if abuse == nil, nghttp2_session_get_outbound_queue_size(session) > limits.outboundFrames { abuse = .outboundQueue }
        if abuse == nil, count == Int(NGHTTP2.flooded) { abuse = .outboundQueue }
        if let abuse {
            fail(.abuse(abuse), .enhanceYourCalm)
        } else if count < 0 {
            fail(.protocolError(NGHTTP2.text(of: count)), .protocolError)
        }
    }

    private func countFrames(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while let header = scanner.next(bytes, &offset) { frameBegins(header) }
    }

    private func frameBegins(_ header: FrameScanner.Header) {
        switch header.type {
        case NGHTTP2.data: if header.length == 0, header.flags & NGHTTP2.endStream == 0 { note(.emptyData) }
        case NGHTTP2.headers, NGHTTP2.pushPromise: continuations = 0
        case NGHTTP2.continuation:
            continuations += 1
            if continuations > limits.continuations { abuse = .continuations }
        case NGHTTP2.settings: if header.flags & NGHTTP2.acknowledgement == 0 { note(.settingsFlood) }
        case NGHTTP2.ping: note(.pingFlood)
        case NGHTTP2.priority, NGHTTP2.priorityUpdate: note(.priorityFlood)
        case NGHTTP2.reset: note(.rapidReset)
        case NGHTTP2.windowUpdate: note(.windowUpdates)
        default: note(.otherFrames)
        }
    }

    private func note(_ kind: HTTP2Abuse) { if !meter.allows(kind, limits, now: now), abuse == nil { abuse = kind } }

    private func fail(_ reason: Failure, _ code: HTTP2ErrorCode) {
        failure = reason
        nghttp2_session_terminate_session(session, code.rawValue)
    }

    /// Frames of content keep so much room free for one that is no content.
    private static let reserve = 16384 + 512
    /// A buffer for frames has so much room at least.
    package static let leastRoom = 2 * reserve

    /// Appends frames to `buffer`, which has `leastRoom` bytes free at least, as long as there are some and they fit. True where there are
    /// more.
    package func produce(into buffer: ByteBuffer) -> Bool {
        output = buffer
        defer { output = nil }
        if !leftover.isEmpty {
            leftover.removeFirst(buffer.append(leftover))
            guard leftover.isEmpty else { return true }
        }
        while buffer.room >= Self.reserve {
            var piece: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(session, &piece)
            guard count > 0, let piece else {
                if count < 0, failure == nil { failure = .protocolError(NGHTTP2.text(of: count)) }
                break
            }
            let bytes = UnsafeRawBufferPointer(start: piece, count: count)
            let taken = buffer.append(bytes)
            if taken < count { leftover.append(contentsOf: bytes[taken...]) }
        }
        if let abuse, failure == nil { fail(.abuse(abuse), .enhanceYourCalm) }
        return wantsWrite
    }

    // MARK: Frames to the peer

    private func submitSettings() {
        var entries = [
            nghttp2_settings_entry(settings_id: NGHTTP2.initialWindow, value: UInt32(clamping: limits.streamWindow)),
            nghttp2_settings_entry(settings_id: NGHTTP2.maxHeaderList, value: UInt32(clamping: limits.headerList)),
        ]
        switch role {
        case .server:
            entries.append(nghttp2_settings_entry(settings_id: NGHTTP2.maxStreams, value: UInt32(clamping: limits.streams)))
            // PRIORITY frames then change nothing (RFC 9218 section 2.1).
            entries.append(nghttp2_settings_entry(settings_id: NGHTTP2.noPriorities, value: 1))
        case .client: entries.append(nghttp2_settings_entry(settings_id: NGHTTP2.enablePush, value: 0))
        }
        nghttp2_submit_settings(session, 0, entries, entries.count)
        nghttp2_session_set_local_window_size(session, 0, 0, Int32(clamping: limits.connectionWindow))
    }

    /// The final response (server).
    /// - Parameter hasContent: `HTTP2Stream.put` and `end` follow; else the stream ends with the head
    package func respond(_ stream: HTTP2Stream, _ block: FieldBlock, hasContent: Bool) {
        guard !stream.isClosed, failure == nil else { return }
        let code = block.withFields { fields, count in
            NGHTTP2.withProvider { nghttp2_submit_response(session, stream.id, fields, count, hasContent ? $0 : nil) }
        }
        if code != 0 { reset(stream, .internalError) }
    }

    /// A response 1xx (server).
    package func sendInterim(_ stream: HTTP2Stream, _ block: FieldBlock) {
        guard !stream.isClosed, failure == nil else { return }
        _ = block.withFields { nghttp2_submit_headers(session, 0, stream.id, nil, $0, $1, nil) }
    }

    /// Streams that the peer lets be open at once: what its SETTINGS said last.
    package var peerStreamLimit: Int { Int(nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)) }

    /// A new request (client); nil where the connection takes no more.
    package func request(_ block: FieldBlock, hasContent: Bool) -> HTTP2Stream? {
        guard failure == nil, !isShuttingDown else { return nil }
        let id = block.withFields { fields, count in
            NGHTTP2.withProvider { nghttp2_submit_request(session, nil, fields, count, hasContent ? $0 : nil, nil) }
        }
        guard id > 0 else { return nil }
        let stream = HTTP2Stream(id: id)
        streams[id] = stream
        return stream
    }

    /// There is content again, or it has ended.
    package func resume(_ stream: HTTP2Stream) {
        guard !stream.isClosed, stream.isDeferred else { return }
        stream.resumed()
        nghttp2_session_resume_data(session, stream.id)
    }

    /// Ends a stream at once.
    package func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        guard !stream.isClosed else { return }
        nghttp2_submit_rst_stream(session, 0, stream.id, code.rawValue)
    }

    /// The peer need not send more of its content: once ours has ended and the peer has read it, the stream is reset without an error
    /// (RFC 9113 section 8.1).
    ///
    /// A reset right behind the response would lose it: curl 7.88, which sends content and finds its stream closed, reports an error and not
    /// the response. So a PING follows the response, as a server of HTTP/1.1 lingers, and its acknowledgement says that the response was
    /// read. Until then content comes in as far as the stream's window is open, and is dropped.
    package func stop(_ stream: HTTP2Stream) {
        guard !stream.hasReceivedEnd else { return }
        stream.stopAfterEnd()
        if stream.hasSentEnd { resetWhenRead(stream) }
    }

    private func resetWhenRead(_ stream: HTTP2Stream) {
        unread.append(stream)
        askWhetherRead()
    }

    private func askWhetherRead() {
        guard !isAsking, !unread.isEmpty else { return }
        isAsking = true
        swap(&asked, &unread)
        NGHTTP2.ping(session, .responseRead)
    }

    /// So much of a stream's content was taken: its window opens again.
    package func consume(_ stream: HTTP2Stream, _ byteCount: Int) {
        let count = stream.consume(byteCount)
        guard count > 0, !stream.isClosed else { return }
        nghttp2_session_consume_stream(session, stream.id, count)
    }

    /// From now on a stream may receive so much before any of it is taken.
    package func setWindow(_ stream: HTTP2Stream, _ byteCount: Int) {
        guard !stream.isClosed else { return }
        nghttp2_session_set_local_window_size(session, 0, stream.id, Int32(clamping: byteCount))
    }

    /// Announces that no new streams will be accepted soon, and asks for a sign that the peer has seen it: `pingAcknowledged`. `goAway` is to
    /// follow then, or after a while.
    package func announceShutdown() {
        guard role == .server, !isShuttingDown else { return }
        isShuttingDown = true
        nghttp2_submit_shutdown_notice(session)
        ping()
    }

    /// New streams are ignored from now on; those that are open go on.
    package func goAway(_ code: HTTP2ErrorCode = .noError) {
        isShuttingDown = true
        nghttp2_submit_goaway(session, 0, nghttp2_session_get_last_proc_stream_id(session), code.rawValue, nil, 0)
    }

    package func ping() { NGHTTP2.ping(session, .caller) }

    // MARK: Called by nghttp2

    func headBegins(_ id: Int32, category: nghttp2_headers_category) {
        switch category {
        case NGHTTP2_HCAT_REQUEST:
            streams[id] = HTTP2Stream(id: id)
            assembler.begin(.request)
        case NGHTTP2_HCAT_RESPONSE: assembler.begin(.response)
        default: assembler.begin(role == .client && streams[id]?.hasFinalHead == false ? .response : .trailers)
        }
    }

    /// False: the rest of what was received is not decoded any more.
    func fieldCame(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Bool {
        guard abuse == nil else { return false }
        assembler.add(name, value, limit: limits.headerList)
        if assembler.listSize > limits.headerList.multipliedReportingOverflow(by: limits.bombFactor).partialValue { abuse = .headerBomb }
        return abuse == nil
    }

    func headEnds(_ id: Int32, ends: Bool) {
        guard let stream = streams[id] else { return assembler.drop() }
        switch (assembler.end(ends: ends), assembler.kind) {
        case (.malformed, _): reset(stream, .protocolError)
        case (.tooLarge, .request): events.append(.headTooLarge(stream))
        case (.tooLarge, _): reset(stream, .internalError)
        case (.head(let head), .request):
            if role == .server { NGHTTP2.serveInTurn(session, id) }
            if ends { stream.endCame() }
            events.append(.head(stream, head, ends: ends))
        case (.head(let head), .response):
            if assembler.status < 200 { return events.append(.interim(stream, head)) }
            stream.finalHeadCame()
            if ends { stream.endCame() }
            events.append(.head(stream, head, ends: ends))
        case (.head(let section), .trailers):
            stream.endCame()
            events.append(.ended(stream, trailers: section))
        }
    }

    func contentCame(_ id: Int32, _ bytes: UnsafeRawBufferPointer) {
        contentInFrame += bytes.count
        // What is held is bound by the streams' windows: the connection's is open for all.
        nghttp2_session_consume_connection(session, bytes.count)
        guard let stream = streams[id] else { return }
        stream.received(bytes.count)
        events.append(.content(stream, bytes))
    }

    func dataEnds(_ id: Int32, length: Int, ends: Bool) {
        // Nothing but padding.
        if length > 0, contentInFrame == 0, !ends { note(.emptyData) }
        contentInFrame = 0
        guard ends, let stream = streams[id] else { return }
        stream.endCame()
        events.append(.ended(stream, trailers: nil))
    }

    func goAwayCame(lastStream: Int32, code: UInt32) {
        if role == .client { isShuttingDown = true }
        events.append(.goAway(lastStream: lastStream, HTTP2ErrorCode(rawValue: code)))
    }

    func settingsAcknowledged() { events.append(.settingsAcknowledged) }

    func acknowledged(_ ping: NGHTTP2.Ping) {
        guard ping == .responseRead else { return events.append(.pingAcknowledged) }
        isAsking = false
        for stream in asked { reset(stream, .noError) }
        asked.removeAll(keepingCapacity: true)
        askWhetherRead()
    }

    func endSent(_ id: Int32) {
        guard let stream = streams[id] else { return }
        stream.endWasSent()
        if stream.stopsAfterEnd, !stream.hasReceivedEnd { resetWhenRead(stream) }
    }

    func resetSent(code: UInt32) { if HTTP2ErrorCode(rawValue: code).blamesPeer { note(.provokedResets) } }

    /// A head that nghttp2 could not send, since it is too large for it or the stream has gone.
    func headNotSent(_ id: Int32) { if let stream = streams[id] { reset(stream, .internalError) } }

    func streamCloses(_ id: Int32, code: UInt32) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        stream.close()
        if stream.stopsAfterEnd {
            unread.removeAll { $0 === stream }
            asked.removeAll { $0 === stream }
        }
        events.append(.closed(stream, HTTP2ErrorCode(rawValue: code)))
    }

    // MARK: Content that nghttp2 asks for

    /// The size of the next DATA frame's content, and its flags.
    func nextContent(_ id: Int32, atMost length: Int, flags: UnsafeMutablePointer<UInt32>) -> Int {
        guard let stream = streams[id], case .content(let count, let isLast) = stream.nextPiece(atMost: length) else {
            return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        }
        if count > 0 { flags.pointee |= NGHTTP2.noCopy }
        guard isLast else { return count }
        flags.pointee |= NGHTTP2.endOfFile
        if let trailers = stream.takeTrailers() {
            let code = trailers.withFields { nghttp2_submit_trailer(session, id, $0, $1) }
            if code == 0 { flags.pointee |= NGHTTP2.noEndStream }
        }
        return count
    }

    /// Writes a DATA frame.
    func writeContent(_ id: Int32, header: UnsafePointer<UInt8>, _ length: Int) -> Int32 {
        guard let output, let stream = streams[id], stream.pendingByteCount >= length else {
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
        }
        guard output.room >= NGHTTP2.frameHeader + length + Self.reserve else { return NGHTTP2_ERR_WOULDBLOCK.rawValue }
        output.append(UnsafeRawBufferPointer(start: header, count: NGHTTP2.frameHeader))
        guard stream.move(length, to: output) else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
        meter.sent(length, limits)
        if stream.pendingByteCount == 0 { events.append(.drained(stream)) }
        return 0
    }
}
