import CNghttp2

/// The C side of a session: constants, options and thin callbacks. Each unwraps the session that is nghttp2's user data and calls one method
/// of it; the session deletes nghttp2's before it goes, so the pointer holds.
enum NGHTTP2 {
    static let data = UInt8(NGHTTP2_DATA.rawValue)
    static let headers = UInt8(NGHTTP2_HEADERS.rawValue)
    static let priority = UInt8(NGHTTP2_PRIORITY.rawValue)
    static let reset = UInt8(NGHTTP2_RST_STREAM.rawValue)
    static let settings = UInt8(NGHTTP2_SETTINGS.rawValue)
    static let pushPromise = UInt8(NGHTTP2_PUSH_PROMISE.rawValue)
    static let ping = UInt8(NGHTTP2_PING.rawValue)
    static let goAway = UInt8(NGHTTP2_GOAWAY.rawValue)
    static let windowUpdate = UInt8(NGHTTP2_WINDOW_UPDATE.rawValue)
    static let continuation = UInt8(NGHTTP2_CONTINUATION.rawValue)
    static let priorityUpdate = UInt8(NGHTTP2_PRIORITY_UPDATE.rawValue)
    static let endStream = UInt8(NGHTTP2_FLAG_END_STREAM.rawValue)
    static let acknowledgement = UInt8(NGHTTP2_FLAG_ACK.rawValue)
    static let initialWindow = Int32(bitPattern: NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue)
    static let maxHeaderList = Int32(bitPattern: NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue)
    static let maxStreams = Int32(bitPattern: NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue)
    static let noPriorities = Int32(bitPattern: NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES.rawValue)
    static let enablePush = Int32(bitPattern: NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue)
    static let endOfFile = UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue)
    static let noEndStream = UInt32(NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue)
    static let noCopy = UInt32(NGHTTP2_DATA_FLAG_NO_COPY.rawValue)
    static let flooded = NGHTTP2_ERR_FLOODED.rawValue
    static let frameHeader = 9
    /// Bytes of a client's preface.
    static let preface = Int(NGHTTP2_CLIENT_MAGIC_LEN)

    static func text(of code: Int) -> String { String(cString: nghttp2_strerror(Int32(clamping: code))) }

    static func makeSession(_ role: HTTP2Session.Role, _ limits: HTTP2Limits, user: UnsafeMutableRawPointer) -> OpaquePointer? {
        var option: OpaquePointer?
        guard nghttp2_option_new(&option) == 0 else { return nil }
        defer { nghttp2_option_del(option) }
        nghttp2_option_set_no_auto_window_update(option, 1)
        nghttp2_option_set_no_closed_streams(option, 1)
        nghttp2_option_set_max_outbound_ack(option, limits.acknowledgements)
        nghttp2_option_set_max_deflate_dynamic_table_size(option, limits.headerTable)
        nghttp2_option_set_max_send_header_block_length(option, 256 << 10)
        nghttp2_option_set_peer_max_concurrent_streams(option, UInt32(clamping: limits.streams))
        // `AbuseMeter` counts first, and says so. Debian's 1.52 counts a CONTINUATION again with each piece of its header that comes alone.
        nghttp2_option_set_max_continuations(option, (limits.continuations + 1) * frameHeader)
        nghttp2_option_set_stream_reset_rate_limit(
            option, UInt64(limits.resets.burst) * 2, UInt64(limits.resets.perSecond) * 2)
        var session: OpaquePointer?
        let code =
            switch role {
            case .server: nghttp2_session_server_new2(&session, callbacks, user, option)
            case .client: nghttp2_session_client_new2(&session, callbacks, user, option)
            }
        return code == 0 ? session : nil
    }

    /// Responses of one urgency are sent in turn, a frame of each, and not one after another (RFC 9218 section 10).
    static func serveInTurn(_ session: OpaquePointer?, _ id: Int32) {
        var priority = nghttp2_extpri(urgency: UInt32(NGHTTP2_EXTPRI_DEFAULT_URGENCY), inc: 1)
        nghttp2_session_change_extpri_stream_priority(session, id, &priority, 1)
    }

    /// Content comes from `HTTP2Stream`. nghttp2 copies the provider.
    static func withProvider<Result>(_ body: (UnsafePointer<nghttp2_data_provider>) -> Result) -> Result {
        let provider = nghttp2_data_provider(
            source: nghttp2_data_source(),
            read_callback: { _, id, _, length, flags, _, user in
                guard let flags else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
                return NGHTTP2.owner(user).nextContent(id, atMost: length, flags: flags)
            })
        return withUnsafePointer(to: provider) { body($0) }
    }

    /// What a PING of ours is for: the last byte of its data.
    enum Ping: UInt8 { case caller, responseRead }

    static func ping(_ session: OpaquePointer?, _ ping: Ping) {
        nghttp2_submit_ping(session, 0, [0, 0, 0, 0, 0, 0, 0, ping.rawValue])
    }

    private static func owner(_ user: UnsafeMutableRawPointer?) -> HTTP2Session {
        guard let user else { fatalError("nghttp2 keeps the session's pointer") }
        return Unmanaged<HTTP2Session>.fromOpaque(user).takeUnretainedValue()
    }

    /// Made once, never changed.
    nonisolated(unsafe) private static let callbacks: OpaquePointer? = {
        var callbacks: OpaquePointer?
        guard nghttp2_session_callbacks_new(&callbacks) == 0 else { return nil }
        setReceiving(callbacks)
        setSending(callbacks)
        return callbacks
    }()

    private static func setReceiving(_ callbacks: OpaquePointer?) {
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, user in
            if let frame { NGHTTP2.owner(user).headBegins(frame.pointee.hd.stream_id, category: frame.pointee.headers.cat) }
            return 0
        }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) { _, _, name, nameCount, value, valueCount, _, user in
            let goesOn = NGHTTP2.owner(user).fieldCame(
                UnsafeBufferPointer(start: name, count: nameCount), UnsafeBufferPointer(start: value, count: valueCount))
            return goesOn ? 0 : NGHTTP2_ERR_PAUSE.rawValue
        }
        // Without this nghttp2 skips a field with a forbidden byte; RFC 9113 section 8.2.1 has the message be malformed.
        nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) { _, _, _, _, _, _, _, _ in
            NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, id, bytes, count, user in
            NGHTTP2.owner(user).contentCame(id, UnsafeRawBufferPointer(start: bytes, count: count))
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
            if let frame { NGHTTP2.frameCame(frame.pointee, NGHTTP2.owner(user)) }
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, id, code, user in
            NGHTTP2.owner(user).streamCloses(id, code: code)
            return 0
        }
    }

    private static func frameCame(_ frame: nghttp2_frame, _ session: HTTP2Session) {
        let header = frame.hd
        let ends = header.flags & endStream != 0
        switch header.type {
        case headers: session.headEnds(header.stream_id, ends: ends)
        case data: session.dataEnds(header.stream_id, length: header.length, ends: ends)
        case goAway: session.goAwayCame(lastStream: frame.goaway.last_stream_id, code: frame.goaway.error_code)
        case settings where header.flags & acknowledgement != 0: session.settingsAcknowledged()
        case ping where header.flags & acknowledgement != 0:
            if let ping = Ping(rawValue: frame.ping.opaque_data.7) { session.acknowledged(ping) }
        default: break
        }
    }

    private static func setSending(_ callbacks: OpaquePointer?) {
        nghttp2_session_callbacks_set_send_data_callback(callbacks) { _, frame, header, length, _, user in
            guard let frame, let header else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
            return NGHTTP2.owner(user).writeContent(frame.pointee.hd.stream_id, header: header, length)
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, user in
            guard let frame else { return 0 }
            let header = frame.pointee.hd
            switch header.type {
            case NGHTTP2.reset: NGHTTP2.owner(user).resetSent(code: frame.pointee.rst_stream.error_code)
            case NGHTTP2.data, NGHTTP2.headers:
                if header.flags & NGHTTP2.endStream != 0 { NGHTTP2.owner(user).endSent(header.stream_id) }
            default: break
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks) { _, frame, _, user in
            guard let frame, frame.pointee.hd.type == NGHTTP2.headers else { return 0 }
            NGHTTP2.owner(user).headNotSent(frame.pointee.hd.stream_id)
            return 0
        }
    }
}
