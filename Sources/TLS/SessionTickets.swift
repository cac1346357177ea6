import COpenSSL

/// Lets a context issue and accept session tickets (RFC 5077, RFC 8446 section 4.6.1). A ticket holds the whole session, the agent's
/// certificate too; the server keeps nothing. Early data stays rejected.
///
/// A resumed handshake verifies nothing by itself. So the certificate in the ticket is verified again each time; if it would not be accepted
/// now, the ticket is ignored and a full handshake follows, which decides.
enum SessionTickets {
    static func allow(in context: OpaquePointer) throws(OpenSSLError) {
        pf_SSL_CTX_allow_tickets(context)
        SSL_CTX_set_num_tickets(context, 1)
        guard SSL_CTX_set_tlsext_ticket_key_evp_cb(context, chooseKey) == 1, SSL_CTX_set_session_ticket_cb(context, nil, judge, nil) == 1
        else { throw .taking("allow session tickets") }
    }

    /// 0: no such key. 1: done. 2: done, and a newer ticket is to follow. Below 0: failed, and the connection with it.
    private static let chooseKey:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, OpaquePointer?, OpaquePointer?, Int32
        ) -> Int32 = { ssl, name, iv, cipher, mac, encrypts in
            guard let ssl, let keys = TLSSession.of(ssl)?.ticketKeys, let name, let iv, let cipher, let mac else { return -1 }
            return encrypts == 1 ? prepareNew(keys, name, iv, cipher, mac) : prepareKnown(keys, name, iv, cipher, mac, ssl)
        }

    private static func prepareNew(
        _ keys: TicketKeys, _ name: UnsafeMutablePointer<UInt8>, _ iv: UnsafeMutablePointer<UInt8>, _ cipher: OpaquePointer,
        _ mac: OpaquePointer
    ) -> Int32 {
        guard let key = keys.writing(now: Timestamp.now()), RAND_bytes(iv, EVP_MAX_IV_LENGTH) == 1 else { return -1 }
        for (index, byte) in key.name.enumerated() { name[index] = byte }
        return key.prepare(cipher, mac, iv: iv, encrypts: true) ? 1 : -1
    }

    private static func prepareKnown(
        _ keys: TicketKeys, _ name: UnsafeMutablePointer<UInt8>, _ iv: UnsafeMutablePointer<UInt8>, _ cipher: OpaquePointer,
        _ mac: OpaquePointer, _ ssl: OpaquePointer
    ) -> Int32 {
        guard let known = keys.reading(UnsafeBufferPointer(start: name, count: TicketKey.nameCount), now: Timestamp.now()) else { return 0 }
        guard known.key.prepare(cipher, mac, iv: iv, encrypts: false) else { return -1 }
        // Under TLS 1.3 a client should use each ticket once (RFC 8446 section C.4).
        return known.isWriting && SSL_version(ssl) != TLS1_3_VERSION ? 1 : 2
    }

    private static let judge: SSL_CTX_decrypt_session_ticket_fn = { ssl, session, _, _, status, _ in
        switch status {
        case SSL_TICKET_SUCCESS, SSL_TICKET_SUCCESS_RENEW:
            guard let ssl, let session, TLSSession.of(ssl)?.mayResume(session) == true else { return SSL_TICKET_RETURN_IGNORE_RENEW }
            return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW
        default: return SSL_TICKET_RETURN_IGNORE_RENEW
        }
    }
}
