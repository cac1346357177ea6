import COpenSSL

/// Text in and out of OpenSSL's memory BIOs.
enum PEMText {
    /// What `body` writes into a memory BIO; it returns 1 as OpenSSL's PEM writers do.
    static func write(_ body: (OpaquePointer) -> Int32) throws(StandInError) -> String {
        guard let bio = BIO_new(BIO_s_mem()) else { throw OpenSSLFailure.crypto("BIO_new") }
        defer { BIO_free(bio) }
        guard body(bio) == 1 else { throw OpenSSLFailure.crypto("PEM") }
        var data: UnsafeMutablePointer<CChar>?
        let count = Int(pf_BIO_get_mem(bio, &data))
        guard let data, count > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: data, count: count), as: UTF8.self)
    }

    /// What `body` reads from a BIO over `text`; nil becomes an error that names `what`.
    static func read(_ text: String, what: String, _ body: (OpaquePointer) -> OpaquePointer?) throws(StandInError) -> OpaquePointer {
        let bytes = Array(text.utf8)
        let made = bytes.withUnsafeBytes { raw -> OpaquePointer? in
            guard let bio = BIO_new_mem_buf(raw.baseAddress, Int32(raw.count)) else { return nil }
            defer { BIO_free(bio) }
            return body(bio)
        }
        guard let made else { throw OpenSSLFailure.crypto(what) }
        return made
    }
}
