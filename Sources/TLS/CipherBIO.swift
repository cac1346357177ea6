import Buffers
import COpenSSL

/// The BIO through which OpenSSL reads and writes ciphertext: a session's transport, and nothing else. Callbacks only unwrap and call.
enum CipherBIO {
    /// One for the process, made once. Safe to share: never changed afterwards.
    nonisolated(unsafe) private static let method: OpaquePointer? = {
        let type = BIO_get_new_index()
        guard type != -1, let method = BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "ciphertext") else { return nil }
        BIO_meth_set_read(method, read)
        BIO_meth_set_write(method, write)
        BIO_meth_set_ctrl(method, control)
        return method
    }()

    /// Owned by the caller; nil where there is no memory for it.
    static func make() -> OpaquePointer? { method.flatMap { BIO_new($0) } }

    /// `session` must outlive it: it is kept unretained.
    static func connect(_ bio: OpaquePointer, to session: TLSSession) {
        BIO_set_data(bio, Unmanaged.passUnretained(session).toOpaque())
        BIO_set_init(bio, 1)
    }

    private static let read: @convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?, Int32) -> Int32 = { bio, memory, size in
        guard let bio, let memory, size > 0, let data = BIO_get_data(bio) else { return -1 }
        pf_BIO_clear_retry_flags(bio)
        let buffer = UnsafeMutableRawBufferPointer(start: memory, count: Int(size))
        let result = Unmanaged<TLSSession>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.receive(into: buffer) }
        switch result {
        case .bytes(let count): return Int32(count)
        case .blocked:
            pf_BIO_set_retry_read(bio)
            return -1
        case .endOfStream: return 0
        case .failed: return -1
        }
    }

    private static let write: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int32) -> Int32 = { bio, memory, size in
        guard let bio, let memory, size > 0, let data = BIO_get_data(bio) else { return -1 }
        pf_BIO_clear_retry_flags(bio)
        let buffer = UnsafeRawBufferPointer(start: memory, count: Int(size))
        let result = Unmanaged<TLSSession>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.gather(buffer) }
        switch result {
        case .bytes: return size
        case .blocked:
            pf_BIO_set_retry_write(bio)
            return -1
        case .endOfStream, .failed: return -1
        }
    }

    /// A flush succeeds at once (the transport flushes). The end of the stream is deliberately not reported here: OpenSSL would then try to
    /// send an alert; the session detects it (`TLSSession.read`).
    private static let control: @convention(c) (OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int = { _, command, _, _ in
        command == BIO_CTRL_FLUSH ? 1 : 0
    }
}
