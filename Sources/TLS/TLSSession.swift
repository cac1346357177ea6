import Buffers
import COpenSSL
import Model
import Settings

/// One connection's TLS, on either side: ciphertext of its transport ⇄ plaintext, and who the agent is.
///
/// States: handshaking → open → ended (by close_notify, by a failure, or by an end of the connection without close_notify). Call `handshake`
/// until it says `.done`; only then read and write. After a failure nothing but the release of the session helps.
///
/// OpenSSL holds pointers to this object and calls it only from within its methods. Belongs to one connection of one worker; the context stays
/// alive as long as the session. Invariant: this thread's error queue is empty whenever a method has returned.
package final class TLSSession {
    /// OpenSSL's `app_data`.
    private static let exDataIndex: Int32 = 0
    private static let http2Alone: StaticString = "\u{2}h2"

    private enum End { case closed, failed }

    let ssl: OpaquePointer
    private let server: ServerTLSContext?
    private let client: ClientTLSContext?
    private unowned(unsafe) let transport: any CipherTransport

    private var isOpen = false
    private var end: End?
    private var isEndTold = false
    /// The last read used up what the transport had.
    private var readBlocked = false
    private var failure: HandshakeFailure?
    private var verifiedIdentity: ClientIdentity?
    /// The certificate in the ticket that the agent has shown, if it was accepted.
    private var resumable: (leaf: OpaquePointer, identity: ClientIdentity)?
    /// The trust that `verifiedIdentity` was last judged under, and the verdict; nil: accepted.
    private var judgedUnder: SHA256Digest?
    private var refusedNow: HandshakeFailure?
    /// The connection ended without close_notify: what was read may have been cut off by anybody on the way.
    package private(set) var isTruncated = false

    /// The side that answers agents. nil where there is no memory for it.
    package init?(server: ServerTLSContext, transport: any CipherTransport) {
        guard let (ssl, bio) = TLSSession.make(server.pointer) else { return nil }
        self.server = server
        client = nil
        self.transport = transport
        self.ssl = ssl
        connect(bio)
        SSL_set_accept_state(ssl)
    }

    /// The side that speaks to a server of a pool. nil where there is no memory for it.
    /// - Parameters:
    ///   - sni: the name to send; nil: none
    ///   - verifyName: the name or IP address to verify (`verify: hostname`); with nil that refuses every certificate
    ///   - verify: the server's
    ///   - offersHTTP2: by ALPN, and nothing else; without it nothing is offered
    package init?(
        client: ClientTLSContext, sni: String?, verifyName: String?, verify: UpstreamTLSSettings.Verify, offersHTTP2: Bool = false,
        transport: any CipherTransport
    ) {
        guard let (ssl, bio) = TLSSession.make(client.pointer) else { return nil }
        server = nil
        self.client = client
        self.transport = transport
        self.ssl = ssl
        connect(bio)
        SSL_set_connect_state(ssl)
        SSL_set_verify(ssl, verify == .none ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nil)
        if offersHTTP2 { SSL_set_alpn_protos(ssl, Self.http2Alone.utf8Start, UInt32(Self.http2Alone.utf8CodeUnitCount)) }
        let prepared = ServerNameCheck.prepare(ssl, sni: sni, name: verifyName, verified: verify == .hostname)
        if !prepared {
            failure = HandshakeFailure(.hostnameMismatch, reason: "no usable server name to verify")
            ERR_clear_error()
        }
    }

    deinit { SSL_free(ssl) }

    // MARK: Handshake

    /// Goes on with the handshake as far as the ciphertext reaches.
    package func handshake() -> HandshakeProgress {
        if isOpen { return .done }
        if let failure { return .failed(failure) }
        readBlocked = false
        TLSSession.clearErrors()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            guard server?.material.ticketKeys == nil || SSL_session_reused(ssl) == 0 || adoptResumedIdentity() else {
                return .failed(describeFailure())
            }
            isOpen = true
            // A successful verification may leave errors of attempts that did not matter.
            TLSSession.clearErrors()
            return .done
        }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        default: return .failed(describeFailure())
        }
    }

    private func describeFailure() -> HandshakeFailure {
        // The last error says what the handshake failed of, the first what lay beneath.
        let code = ERR_peek_last_error()
        let text = OpenSSLError.takeReason()
        end = .failed
        verifiedIdentity = nil
        if let failure { return failure }
        let described: HandshakeFailure
        let verdict = Int32(clamping: SSL_get_verify_result(ssl))
        if pf_ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED, verdict != X509_V_OK {
            let reason = String(cString: X509_verify_cert_error_string(Int(verdict)))
            described = HandshakeFailure(HandshakeFailure.kind(verifyCode: verdict), reason: reason)
        } else if let text {
            described = HandshakeFailure(HandshakeFailure.kind(reasonCode: pf_ERR_GET_REASON(code)), reason: text)
        } else {
            described = HandshakeFailure(.closed, reason: "the connection was closed during the handshake")
        }
        failure = described
        return described
    }

    /// Who the agent is; nil before the handshake is done, and where no certificate was presented.
    package var identity: ClientIdentity? { isOpen ? verifiedIdentity : nil }

    /// The verdict about the certificate that the agent presents, for OpenSSL. Proof of possession comes after it.
    func verifyPeer(_ verification: OpaquePointer) -> Bool {
        guard let judge = server?.judge else { return false }
        switch judge.judge(verification) {
        case .accepted(let identity):
            verifiedIdentity = identity
            judgedUnder = server?.material.trustGeneration
            return true
        case .refused(let failure):
            self.failure = failure
            return false
        }
    }

    /// Whether a session that came as a ticket may be resumed now: the agent's certificate in it is judged as in a whole handshake. The last
    /// one asked about is the one that is resumed, if any is.
    func mayResume(_ session: OpaquePointer) -> Bool {
        resumable = nil
        guard let server else { return false }
        guard let leaf = SSL_SESSION_get0_peer(session) else { return server.material.settings.clientCertificate != .required }
        guard case .accepted(let identity) = server.verdict(leaf, intermediates: nil) else { return false }
        resumable = (leaf, identity)
        return true
    }

    /// Who the agent of a resumed session is. False where its certificate was not verified, which `mayResume` does not let happen.
    private func adoptResumedIdentity() -> Bool {
        defer { resumable = nil }
        guard let leaf = SSL_get0_peer_certificate(ssl) else { return server?.material.settings.clientCertificate != .required }
        guard let resumable, resumable.leaf == leaf else {
            failure = HandshakeFailure(.certificateInvalid, reason: "the resumed session's certificate was not verified")
            return false
        }
        verifiedIdentity = resumable.identity
        judgedUnder = server?.material.trustGeneration
        return true
    }

    var ticketKeys: TicketKeys? { server?.material.ticketKeys }

    /// For connections that outlive a reload: why `context`, the listener's current one, would no longer accept the agent's certificate
    /// (revoked itself, its CA revoked or gone, CRL expired). Costs a comparison as long as CAs and CRLs are those it was judged under, else one
    /// verification, which the context's cache shares among connections. nil: it would, or there is no certificate.
    package func refusal(under context: ServerTLSContext) -> HandshakeFailure? {
        guard identity != nil else { return nil }
        guard let generation = context.material.trustGeneration else {
            return HandshakeFailure(.unknownCA, reason: "certificates are not asked for any more")
        }
        if generation == judgedUnder { return refusedNow }
        judgedUnder = generation
        let leaf = SSL_get0_peer_certificate(ssl)
        switch leaf.flatMap({ context.verdict($0, intermediates: SSL_get_peer_cert_chain(ssl)) }) {
        case .accepted: refusedNow = nil
        case .refused(let failure): refusedNow = failure
        case nil: refusedNow = HandshakeFailure(.certificateInvalid, reason: "it cannot be verified")
        }
        // The next SSL_read or SSL_write of this thread would take an error that verification left for its own.
        TLSSession.clearErrors()
        return refusedNow
    }

    // MARK: Plaintext

    /// Reads until `memory` is full or the transport has no more.
    /// - Returns: `.bytes`; `.blocked`; `.endOfStream` after close_notify; `.failed` after broken TLS, a failure of the transport, or an end without
    ///   close_notify (then `isTruncated`). What came before an end is given first; the end is told by the next call.
    package func read(into memory: UnsafeMutableRawBufferPointer) -> TransferResult {
        guard isOpen, let base = memory.baseAddress else { return .failed }
        readBlocked = false
        TLSSession.clearErrors()
        var filled = 0
        while end == nil && filled < memory.count {
            let result = SSL_read(ssl, base + filled, Int32(clamping: memory.count - filled))
            if result > 0 {
                filled += Int(result)
                continue
            }
            if noteReadEnd(result) { break }
        }
        if filled > 0 { return .bytes(filled) }
        isEndTold = end != nil
        switch end {
        case .closed: return .endOfStream
        case .failed: return .failed
        case nil: return .blocked
        }
    }

    /// True where reading is over for now, and not for good.
    private func noteReadEnd(_ result: Int32) -> Bool {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return true
        case SSL_ERROR_ZERO_RETURN: end = .closed
        default:
            end = .failed
            ERR_clear_error()
        }
        return false
    }

    /// Encrypts and gathers record after record, as many as the gather buffer takes. A record needs up to `largestRecord` bytes there.
    /// - Returns: `.bytes` with how many were taken (0 only for no bytes); `.blocked` where not one record fitted: OpenSSL then holds the record
    ///   that it could not hand over, so the next call must offer the same bytes again (at any address, more may follow them); so must it after
    ///   fewer bytes were taken than offered. `.failed` otherwise.
    package func write(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        guard isOpen, end != .failed else { return .failed }
        guard let base = bytes.baseAddress else { return .bytes(0) }
        TLSSession.clearErrors()
        var taken = 0
        while taken < bytes.count {
            let result = SSL_write(ssl, base + taken, Int32(clamping: bytes.count - taken))
            if result > 0 {
                taken += Int(result)
                continue
            }
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_WRITE, SSL_ERROR_WANT_READ: return taken > 0 ? .bytes(taken) : .blocked
            default:
                end = .failed
                ERR_clear_error()
                return .failed
            }
        }
        return .bytes(taken)
    }

    /// A record's ciphertext at most: 16 KiB of plaintext, header, and what a cipher adds (RFC 8446 5.2, RFC 5246 6.2.3).
    package static let largestRecord = 5 + 16_384 + 2_048

    /// Whether `read` would give bytes (or an end not told yet) without anything new from the socket, for which no readiness will be told. Never
    /// true after a `read` that used up the transport, so it cannot make a loop spin on half a record.
    package var hasPending: Bool { isOpen && (end == nil ? !readBlocked && SSL_has_pending(ssl) == 1 : !isEndTold) }

    /// Gathers close_notify. False where that was not possible: gather buffer full, handshake not done, session broken.
    @discardableResult
    package func shutdown() -> Bool {
        guard isOpen, end != .failed else { return false }
        TLSSession.clearErrors()
        let result = SSL_shutdown(ssl)
        TLSSession.clearErrors()
        return result >= 0
    }

    // MARK: For the log

    /// Of the connection once its handshake is done.
    package var version: StaticString {
        switch SSL_version(ssl) {
        case TLS1_3_VERSION: "TLSv1.3"
        case TLS1_2_VERSION: "TLSv1.2"
        default: "unknown"
        }
    }

    /// OpenSSL's name, such as `TLS_AES_128_GCM_SHA256`; makes a String, so not for each request.
    package var cipher: String { SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? "none" }

    /// What the client sent as SNI (RFC 6066 section 3); empty where it sent none.
    package var serverName: [UInt8] {
        guard let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) else { return [] }
        return Array(String(cString: name).utf8)
    }

    /// What ALPN chose; nil: nothing, and HTTP/1.1 is spoken.
    package var negotiatedProtocol: ApplicationProtocol? {
        var name: UnsafePointer<UInt8>?
        var size: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &size)
        guard let name, size > 0 else { return nil }
        return size == 2 && name[0] == UInt8(ascii: "h") && name[1] == UInt8(ascii: "2") ? .http2 : .http1
    }

    // MARK: Ciphertext, called by the BIO

    func receive(into memory: UnsafeMutableRawBufferPointer) -> TransferResult {
        let result = transport.receive(into: memory)
        switch result {
        case .bytes: break
        case .blocked: readBlocked = true
        case .endOfStream: isTruncated = true
        case .failed: break
        }
        return result
    }

    func gather(_ bytes: UnsafeRawBufferPointer) -> TransferResult { transport.gather(bytes) }

    // MARK: Making

    /// Which session OpenSSL calls for.
    static func of(_ ssl: OpaquePointer) -> TLSSession? {
        SSL_get_ex_data(ssl, exDataIndex).map { Unmanaged<TLSSession>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Before each call that `SSL_get_error` is asked about: it takes an error that another connection's call has left on this thread for this
    /// connection's.
    private static func clearErrors() { if ERR_peek_error() != 0 { ERR_clear_error() } }

    private static func make(_ context: OpaquePointer) -> (ssl: OpaquePointer, bio: OpaquePointer)? {
        guard let ssl = SSL_new(context) else {
            ERR_clear_error()
            return nil
        }
        guard let bio = CipherBIO.make() else {
            SSL_free(ssl)
            ERR_clear_error()
            return nil
        }
        return (ssl, bio)
    }

    private func connect(_ bio: OpaquePointer) {
        CipherBIO.connect(bio, to: self)
        SSL_set_bio(ssl, bio, bio)
        SSL_set_ex_data(ssl, TLSSession.exDataIndex, Unmanaged.passUnretained(self).toOpaque())
    }
}
