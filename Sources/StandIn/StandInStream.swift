import COpenSSL
import Glibc
import Synchronization

/// A blocking TCP connection, plain or TLS.
///
/// One thread at a time reads, writes and closes; any thread may call `interrupt`, which makes that thread's call return.
/// Every call ends within the timeout. SIGPIPE is ignored for the whole process, since OpenSSL writes with write(2).
package final class StandInStream: @unchecked Sendable {
    /// nil once closed; guarded by the lock so that `interrupt` never shuts down another connection's descriptor.
    private let descriptor: Mutex<Int32?>
    private let number: Int32
    private var ssl: OpaquePointer?
    /// The certificate that this side presents as a server.
    private var served: Certificate?
    /// The buffer of reads; filling an array first would cost more than the read in a debug build.
    private let scratch = UnsafeMutableRawPointer.allocate(byteCount: StandInStream.scratchByteCount, alignment: 16)
    private static let scratchByteCount = 64 * 1024
    /// Whether the peer sent close_notify before its end of stream.
    package private(set) var endedCleanly = false

    private static let ignoreBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()

    /// Takes ownership of the descriptor.
    init(owning descriptor: Int32, timeout: Duration = .seconds(30)) {
        _ = StandInStream.ignoreBrokenPipes
        self.descriptor = Mutex(descriptor)
        number = descriptor
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        setTimeout(timeout)
    }

    /// Connects over plain TCP.
    /// - Parameter source: the local address, such as 127.0.0.9, nil for any
    package convenience init(
        connectingTo address: String, port: UInt16, source: String? = nil, receiveBuffer: Int32? = nil, timeout: Duration = .seconds(30)
    ) throws(StandInError) {
        let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard made >= 0 else { throw .system(call: "socket", errno: errno) }
        self.init(owning: made, timeout: timeout)
        if var size = receiveBuffer { setsockopt(made, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size)) }
        if let source {
            var local = LoopbackPort.socketAddress(source, port: 0)
            let result = withUnsafePointer(to: &local) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            guard result == 0 else { throw .system(call: "bind \(source)", errno: errno) }
        }
        var remote = LoopbackPort.socketAddress(address, port: port)
        let result = withUnsafePointer(to: &remote) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else { throw .system(call: "connect", errno: errno) }
    }

    /// Connects to a Unix socket.
    package convenience init(connectingTo path: String, timeout: Duration = .seconds(30)) throws(StandInError) {
        let made = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard made >= 0 else { throw .system(call: "socket", errno: errno) }
        self.init(owning: made, timeout: timeout)
        var remote = sockaddr_un()
        remote.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: remote.sun_path) else { throw .system(call: "connect", errno: ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &remote.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &remote) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(made, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard result == 0 else { throw .system(call: "connect \(path)", errno: errno) }
    }

    deinit {
        close()
        scratch.deallocate()
    }

    package func setTimeout(_ timeout: Duration) {
        let parts = timeout.components
        var value = timeval(tv_sec: Int(parts.seconds), tv_usec: Int(parts.attoseconds / 1_000_000_000_000))
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &value, size)
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &value, size)
    }

    /// Does the handshake. A failure names the alert that the peer sent, if it was received by then: under TLS 1.3 a server verifies the
    /// client's certificate after the client's side is done, so that only `read` may see the alert.
    /// - Parameters:
    ///   - session: of an earlier connection, to be resumed if the server will
    ///   - protocols: offered by ALPN
    package func startTLS(
        _ tls: StandInTLS, serverName: String? = nil, session: StandInSession? = nil, protocols: [String] = []
    ) throws(StandInError) {
        guard let made = SSL_new(tls.context) else { throw OpenSSLFailure.crypto("SSL_new") }
        ssl = made
        served = tls.isServer ? tls.certificate : nil
        SSL_set_fd(made, number)
        if let session { SSL_set_session(made, session.pointer) }
        let offer = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        if !offer.isEmpty { SSL_set_alpn_protos(made, offer, UInt32(offer.count)) }
        if let serverName { _ = pf_SSL_set_tlsext_host_name(made, serverName) }
        errno = 0
        ERR_clear_error()
        let result = tls.isServer ? SSL_accept(made) : SSL_connect(made)
        guard result == 1 else { throw failure(made, result) ?? .endOfStream }
    }

    /// The peer's certificate, verified or not.
    package var peerCertificate: Certificate? {
        guard let ssl, let found = SSL_get1_peer_certificate(ssl) else { return nil }
        return Certificate(owning: found)
    }

    /// The name that the client sent as SNI.
    package var serverName: String? {
        guard let ssl, SSL_is_server(ssl) == 1 else { return nil }
        return SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
    }

    /// Jetty's rule (SecureRequestCustomizer, as in Puppet Server 7 and 8): where the client sent SNI and the certificate has two or more
    /// names, Host must be one of them, else the request gets 400.
    package func hostMatchesSNI(_ head: MessageHead) -> Bool {
        guard serverName != nil, let certificate = served, certificate.nameCount > 1 else { return true }
        return certificate.isFor(StandInStream.host(head.first("Host") ?? ""))
    }

    /// Without the port and without brackets.
    private static func host(_ field: String) -> String {
        if field.hasPrefix("[") { return String(field.dropFirst().prefix { $0 != "]" }) }
        return String(field.prefix { $0 != ":" })
    }

    /// The session that a later connection may resume; under TLS 1.3 available after the first response. nil: the server sent no ticket.
    package var session: StandInSession? {
        // A copy, since OpenSSL does not resume a session after its connection was dropped.
        guard let ssl, let held = SSL_get_session(ssl), SSL_SESSION_has_ticket(held) == 1, let copy = SSL_SESSION_dup(held) else {
            return nil
        }
        return StandInSession(owning: copy)
    }

    package var isResumed: Bool { ssl.map { SSL_session_reused($0) == 1 } ?? false }

    /// Appends at least one byte, at most 64 KiB; returns how many, 0 at the end of the stream.
    package func read(into buffer: inout [UInt8]) throws(StandInError) -> Int {
        var result = 0
        errno = 0
        if let ssl {
            ERR_clear_error()
            result = Int(SSL_read(ssl, scratch, Int32(StandInStream.scratchByteCount)))
            if result <= 0, let problem = failure(ssl, Int32(result)) { throw problem }
        } else {
            repeat { result = recv(number, scratch, StandInStream.scratchByteCount, 0) } while result < 0 && errno == EINTR
            if result < 0 { throw StandInStream.systemFailure("recv") }
        }
        guard result > 0 else { return 0 }
        buffer.append(contentsOf: UnsafeRawBufferPointer(start: scratch, count: result))
        return result
    }

    package func write(_ bytes: [UInt8]) throws(StandInError) { try write(bytes[...]) }

    package func write(_ bytes: ArraySlice<UInt8>) throws(StandInError) {
        var problem: StandInError?
        bytes.withUnsafeBytes { raw in
            var sent = 0
            while let base = raw.baseAddress, sent < raw.count, problem == nil {
                errno = 0
                if let ssl {
                    ERR_clear_error()
                    let result = SSL_write(ssl, base + sent, Int32(min(raw.count - sent, 1 << 20)))
                    if result > 0 { sent += Int(result) } else { problem = failure(ssl, result) ?? .endOfStream }
                } else {
                    let result = send(number, base + sent, raw.count - sent, Int32(MSG_NOSIGNAL))
                    if result > 0 { sent += result } else if errno != EINTR { problem = StandInStream.systemFailure("send") }
                }
            }
        }
        if let problem { throw problem }
    }

    package func write(_ text: String) throws(StandInError) { try write(Array(text.utf8)) }

    /// Sends close_notify in TLS and ends the sending half.
    package func finishWriting() {
        if let ssl { SSL_shutdown(ssl) }
        ERR_clear_error()
        shutdown(number, Int32(SHUT_WR))
    }

    /// Closes so that the peer sees a reset.
    package func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(number, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        close(sayingGoodbye: false)
    }

    /// Closes; in TLS by default with close_notify.
    package func close(sayingGoodbye: Bool = true) {
        if let session = ssl {
            ssl = nil
            if sayingGoodbye { SSL_shutdown(session) }
            SSL_free(session)
            ERR_clear_error()
        }
        descriptor.withLock { held in
            if let open = held { Glibc.close(open) }
            held = nil
        }
    }

    /// From any thread: a blocked call returns, and the peer sees the end of the stream as after a kill -9.
    package func interrupt() {
        descriptor.withLock { held in
            if let open = held { shutdown(open, Int32(SHUT_RDWR)) }
        }
    }

    /// Whether the peer has closed or reset, or bytes have arrived; false when the timeout passes without that.
    package func becomesReadable(within timeout: Duration) -> Bool {
        if let ssl, SSL_has_pending(ssl) == 1 { return true }
        var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        let parts = timeout.components
        return poll(&entry, 1, Int32(parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000)) > 0
    }

    private static func systemFailure(_ call: String) -> StandInError {
        errno == EAGAIN ? .timedOut : .system(call: call, errno: errno)
    }

    /// nil: the stream ended.
    private func failure(_ ssl: OpaquePointer, _ result: Int32) -> StandInError? {
        let number = errno
        defer { ERR_clear_error() }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_ZERO_RETURN:
            endedCleanly = true
            return nil
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .timedOut
        case SSL_ERROR_SYSCALL: return number == 0 ? nil : .system(call: "TLS", errno: number)
        default:
            if pf_ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING { return nil }
            return OpenSSLFailure.tls("failed")
        }
    }
}
