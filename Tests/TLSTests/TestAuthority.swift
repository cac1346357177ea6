import COpenSSL

/// A key for tests. Made once and shared: RSA keys take long to find.
final class TestKey: @unchecked Sendable {
    let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { EVP_PKEY_free(pointer) }

    static let ec = TestKey(pf_EVP_EC_gen("P-256"))
    static let otherEC = TestKey(pf_EVP_EC_gen("P-256"))
    static let rsa = TestKey(pf_EVP_RSA_gen(2048))
    static let shortRSA = TestKey(pf_EVP_RSA_gen(1024))

    var pem: [UInt8] { PEMText.make { PEM_write_bio_PrivateKey($0, pointer, nil, nil, 0, nil, nil) } }
    var encryptedPEM: [UInt8] {
        PEMText.make { bio in
            PEM_write_bio_PrivateKey(bio, pointer, EVP_aes_128_cbc(), Array("secret".utf8), 6, nil, nil)
        }
    }
}

enum PEMText {
    static func make(_ write: (OpaquePointer?) -> Int32) -> [UInt8] {
        let memory = BIO_new(BIO_s_mem())
        defer { BIO_free(memory) }
        precondition(write(memory) == 1)
        var start: UnsafeMutablePointer<CChar>?
        let size = Int(pf_BIO_get_mem(memory, &start))
        return Array(UnsafeRawBufferPointer(start: start, count: size))
    }
}

/// One certificate of a test.
final class TestCertificate: @unchecked Sendable {
    let pointer: OpaquePointer
    let key: TestKey
    let serial: Int
    init(_ pointer: OpaquePointer, key: TestKey, serial: Int) {
        self.pointer = pointer
        self.key = key
        self.serial = serial
    }
    deinit { X509_free(pointer) }

    var pem: [UInt8] { PEMText.make { PEM_write_bio_X509($0, pointer) } }
}

/// What a test certificate says.
struct TestSubject {
    /// Attribute and value, in the order of the certificate.
    var name: [(String, String)]
    var key: TestKey = .ec
    var serial: Int
    /// Seconds from now.
    var from = -3600
    var until = 86_400 * 365
    var isCA = false
    /// As in openssl.cnf: `DNS:a.example,IP:127.0.0.1`.
    var alternativeNames: String?
    var usage: String? = "serverAuth,clientAuth"
    /// Dotted OID and the extension's contents.
    var extensions: [(String, [UInt8])] = []

    init(_ certname: String, serial: Int) {
        name = [("CN", certname)]
        self.serial = serial
    }
}

/// A CA: issues certificates and CRLs.
final class TestAuthority: @unchecked Sendable {
    let certificate: TestCertificate

    /// - Parameter issuer: nil: signs itself
    init(
        _ name: String, serial: Int, key: TestKey = TestKey(pf_EVP_EC_gen("P-256")), issuer: TestAuthority? = nil,
        from: Int = -3600, until: Int = 86_400 * 3650
    ) {
        var subject = TestSubject(name, serial: serial)
        subject.from = from
        subject.key = key
        subject.isCA = true
        subject.usage = nil
        subject.until = until
        certificate = TestAuthority.make(subject, issuer: issuer?.certificate)
    }

    func issue(_ subject: TestSubject) -> TestCertificate { TestAuthority.make(subject, issuer: certificate) }

    /// - Parameters:
    ///   - number: nil: none
    ///   - revokedAt: of all entries, seconds from now
    func crl(
        revoking serials: [Int] = [], from: Int = -3600, until: Int = 86_400 * 365, signedBy key: TestKey? = nil, number: Int? = nil,
        revokedAt: Int = -60
    ) -> [UInt8] {
        let crl = X509_CRL_new()
        defer { X509_CRL_free(crl) }
        precondition(X509_CRL_set_version(crl, 1) == 1)
        precondition(X509_CRL_set_issuer_name(crl, X509_get_subject_name(certificate.pointer)) == 1)
        let time = ASN1_TIME_new()
        defer { ASN1_TIME_free(time) }
        X509_gmtime_adj(time, from)
        X509_CRL_set1_lastUpdate(crl, time)
        X509_gmtime_adj(time, until)
        X509_CRL_set1_nextUpdate(crl, time)
        if let number {
            let value = ASN1_INTEGER_new()
            defer { ASN1_INTEGER_free(value) }
            ASN1_INTEGER_set_int64(value, Int64(number))
            precondition(X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, 0) == 1)
        }
        X509_gmtime_adj(time, revokedAt)
        for serial in serials {
            let entry = X509_REVOKED_new()
            let number = ASN1_INTEGER_new()
            ASN1_INTEGER_set_int64(number, Int64(serial))
            precondition(X509_REVOKED_set_serialNumber(entry, number) == 1 && X509_REVOKED_set_revocationDate(entry, time) == 1)
            ASN1_INTEGER_free(number)
            precondition(X509_CRL_add0_revoked(crl, entry) == 1)
        }
        precondition(X509_CRL_sign(crl, (key ?? certificate.key).pointer, EVP_sha256()) > 0)
        return PEMText.make { PEM_write_bio_X509_CRL($0, crl) }
    }

    private static func make(_ subject: TestSubject, issuer: TestCertificate?) -> TestCertificate {
        let certificate = X509_new()!
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), Int64(subject.serial))
        X509_gmtime_adj(X509_getm_notBefore(certificate), subject.from)
        X509_gmtime_adj(X509_getm_notAfter(certificate), subject.until)
        for (attribute, value) in subject.name {
            let bytes = Array(value.utf8)
            X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), attribute, MBSTRING_UTF8, bytes, Int32(bytes.count), -1, 0)
        }
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer?.pointer ?? certificate))
        X509_set_pubkey(certificate, subject.key.pointer)
        add(NID_basic_constraints, subject.isCA ? "critical,CA:TRUE" : "critical,CA:FALSE", to: certificate)
        add(NID_key_usage, subject.isCA ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature,keyEncipherment", to: certificate)
        if let usage = subject.usage { add(NID_ext_key_usage, usage, to: certificate) }
        if let names = subject.alternativeNames { add(NID_subject_alt_name, names, to: certificate) }
        for (oid, contents) in subject.extensions {
            let object = OBJ_txt2obj(oid, 1)
            let octets = ASN1_OCTET_STRING_new()
            ASN1_OCTET_STRING_set(octets, contents, Int32(contents.count))
            let item = X509_EXTENSION_create_by_OBJ(nil, object, 0, octets)
            precondition(X509_add_ext(certificate, item, -1) == 1)
            X509_EXTENSION_free(item)
            ASN1_OCTET_STRING_free(octets)
            ASN1_OBJECT_free(object)
        }
        precondition(X509_sign(certificate, (issuer?.key ?? subject.key).pointer, EVP_sha256()) > 0)
        return TestCertificate(certificate, key: subject.key, serial: subject.serial)
    }

    private static func add(_ nid: Int32, _ value: String, to certificate: OpaquePointer) {
        let item = X509V3_EXT_conf_nid(nil, nil, nid, value)
        precondition(item != nil && X509_add_ext(certificate, item, -1) == 1)
        X509_EXTENSION_free(item)
    }
}
