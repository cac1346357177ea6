import COpenSSL

/// An X.509 certificate. Immutable once made, so any thread may use it.
package final class Certificate: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes ownership of the reference.
    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    package convenience init(pem: String) throws(StandInError) {
        self.init(owning: try PEMText.read(pem, what: "certificate") { PEM_read_bio_X509($0, nil, nil, nil) })
    }

    deinit { X509_free(pointer) }

    package func pem() throws(StandInError) -> String {
        try PEMText.write { PEM_write_bio_X509($0, pointer) }
    }

    /// The subject's common name, empty where there is none.
    package var commonName: String {
        var text = [CChar](repeating: 0, count: 512)
        let count = X509_NAME_get_text_by_NID(X509_get_subject_name(pointer), NID_commonName, &text, Int32(text.count))
        guard count > 0 else { return "" }
        return String(decoding: text.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// How many alternative names it has: host names and addresses.
    var nameCount: Int {
        let index = X509_get_ext_by_NID(pointer, NID_subject_alt_name, -1)
        guard index >= 0, let field = X509_get_ext(pointer, index), let memory = BIO_new(BIO_s_mem()) else { return 0 }
        defer { BIO_free(memory) }
        guard X509V3_EXT_print(memory, field, 0, 0) == 1 else { return 0 }
        var start: UnsafeMutablePointer<CChar>?
        let size = Int(pf_BIO_get_mem(memory, &start))
        guard let start, size > 0 else { return 0 }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: size), as: UTF8.self).split(separator: ",").count
    }

    /// Whether it is for that host name or address.
    func isFor(_ host: String) -> Bool {
        X509_check_host(pointer, host, host.utf8.count, 0, nil) == 1 || X509_check_ip_asc(pointer, host, 0) == 1
    }

    /// Upper-case hexadecimal without separators.
    package var serial: String {
        guard let number = ASN1_INTEGER_to_BN(X509_get_serialNumber(pointer), nil) else { return "" }
        defer { BN_free(number) }
        guard let text = BN_bn2hex(number) else { return "" }
        defer { CRYPTO_free(text, #file, #line) }
        return String(cString: text)
    }

    /// The value of a Puppet extension by dotted OID, nil where the certificate has none.
    package func extensionText(_ oid: String) -> String? {
        guard let object = OBJ_txt2obj(oid, 1) else { return nil }
        defer { ASN1_OBJECT_free(object) }
        let position = X509_get_ext_by_OBJ(pointer, object, -1)
        guard position >= 0, let found = X509_get_ext(pointer, position), let data = X509_EXTENSION_get_data(found) else { return nil }
        let bytes = UnsafeBufferPointer(start: ASN1_STRING_get0_data(data), count: Int(ASN1_STRING_length(data)))
        guard bytes.count >= 2, bytes[0] == 0x0C, bytes[1] < 0x80 else { return nil }
        return String(decoding: bytes.dropFirst(2), as: UTF8.self)
    }
}
