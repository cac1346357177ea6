import COpenSSL

/// A PKCS#10 request, as an agent sends it with PUT certificate_request.
package final class CertificateRequest {
    let pointer: OpaquePointer

    package init(pem: String) throws(StandInError) {
        pointer = try PEMText.read(pem, what: "certificate request") { PEM_read_bio_X509_REQ($0, nil, nil, nil) }
    }

    /// A new request for `certname`, signed with `key`.
    package init(certname: String, key: KeyPair) throws(StandInError) {
        guard let made = X509_REQ_new() else { throw OpenSSLFailure.crypto("X509_REQ_new") }
        pointer = made
        let name = X509_REQ_get_subject_name(made)
        guard X509_REQ_set_version(made, 0) == 1,
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, certname, -1, -1, 0) == 1,
            X509_REQ_set_pubkey(made, key.pointer) == 1,
            X509_REQ_sign(made, key.pointer, EVP_sha256()) > 0
        else { throw OpenSSLFailure.crypto("certificate request") }
    }

    deinit { X509_REQ_free(pointer) }

    package func pem() throws(StandInError) -> String {
        try PEMText.write { PEM_write_bio_X509_REQ($0, pointer) }
    }

    package var commonName: String {
        var text = [CChar](repeating: 0, count: 512)
        let count = X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(pointer), NID_commonName, &text, Int32(text.count))
        guard count > 0 else { return "" }
        return String(decoding: text.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the request's signature proves that its sender holds the key.
    package var isProven: Bool {
        guard let key = X509_REQ_get0_pubkey(pointer) else { return false }
        defer { ERR_clear_error() }
        return X509_REQ_verify(pointer, key) == 1
    }
}
