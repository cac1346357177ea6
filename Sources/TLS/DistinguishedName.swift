import COpenSSL

/// What is read from an X.509 name.
enum DistinguishedName {
    /// RFC 2253, such as `CN=agent.example,O=y`; control bytes and those above 127 are escaped, so that the text is safe in a header field.
    /// Empty if OpenSSL cannot print it.
    static func text(_ name: OpaquePointer?) -> [UInt8] {
        guard let name, let memory = BIO_new(BIO_s_mem()) else { return [] }
        defer { BIO_free(memory) }
        guard pf_X509_NAME_print_rfc2253(memory, name) >= 0 else {
            ERR_clear_error()
            return []
        }
        var start: UnsafeMutablePointer<CChar>?
        let size = Int(pf_BIO_get_mem(memory, &start))
        guard let start, size > 0 else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: size))
    }

    /// As OpenSSL wrote names before RFC 2253 and HAProxy still does: `/CN=agent.example`.
    static func line(_ name: OpaquePointer?) -> String {
        guard let name, let text = X509_NAME_oneline(name, nil, 0) else { return "" }
        defer { pf_OPENSSL_free(text) }
        return String(cString: text)
    }

    /// The common name in UTF-8. nil unless there is exactly one, not empty, without NUL or other control bytes: what Puppet takes for a
    /// certname must not be readable in two ways.
    static func commonName(_ name: OpaquePointer?) -> [UInt8]? {
        guard let name else { return nil }
        let index = X509_NAME_get_index_by_NID(name, NID_commonName, -1)
        guard index >= 0, X509_NAME_get_index_by_NID(name, NID_commonName, index) < 0 else { return nil }
        guard let entry = X509_NAME_get_entry(name, index), let value = X509_NAME_ENTRY_get_data(entry) else { return nil }
        var converted: UnsafeMutablePointer<UInt8>?
        let size = Int(ASN1_STRING_to_UTF8(&converted, value))
        guard let converted, size >= 0 else {
            ERR_clear_error()
            return nil
        }
        defer { pf_OPENSSL_free(converted) }
        let bytes = Array(UnsafeBufferPointer(start: converted, count: size))
        guard !bytes.isEmpty, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        return bytes
    }
}
