import COpenSSL
import Model

extension CertificateDetails {
    init(_ certificate: Certificate) {
        self.init()
        let pointer = certificate.pointer
        serial = String(decoding: PeerCertificate.serial(of: pointer), as: UTF8.self)
        begins = certificate.notBefore ?? 0
        ends = certificate.notAfter ?? 0
        names = Self.names(pointer)
        algorithm = Self.algorithm(pointer)
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var size: UInt32 = 0
        if X509_digest(pointer, EVP_sha1(), &digest, &size) == 1 { fingerprint = Self.hexadecimal(digest.prefix(Int(size))) }
        subject = DistinguishedName.line(X509_get_subject_name(pointer))
        issuer = DistinguishedName.line(X509_get_issuer_name(pointer))
    }

    /// As OpenSSL prints subjectAltName.
    private static func names(_ certificate: OpaquePointer) -> String {
        let index = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1)
        guard index >= 0, let field = X509_get_ext(certificate, index), let memory = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(memory) }
        guard X509V3_EXT_print(memory, field, 0, 0) == 1 else {
            ERR_clear_error()
            return ""
        }
        var start: UnsafeMutablePointer<CChar>?
        let size = Int(pf_BIO_get_mem(memory, &start))
        guard let start, size > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: size), as: UTF8.self)
    }

    private static func algorithm(_ certificate: OpaquePointer) -> String {
        guard let key = X509_get0_pubkey(certificate) else { return "" }
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: return "RSA\(EVP_PKEY_get_bits(key))"
        case EVP_PKEY_EC: return "EC\(EVP_PKEY_get_bits(key))"
        default: return EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? ""
        }
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension RevocationListDetails {
    init(_ list: RevocationList, limit: Int) {
        self.init()
        version = X509_CRL_get_version(list.pointer) + 1
        algorithm = OBJ_nid2ln(X509_CRL_get_signature_nid(list.pointer)).map { String(cString: $0) } ?? ""
        issuer = DistinguishedName.line(list.issuerName)
        lastUpdate = X509_CRL_get0_lastUpdate(list.pointer).flatMap { Timestamp.seconds($0) }
        nextUpdate = list.nextUpdate
        guard let entries = X509_CRL_get_REVOKED(list.pointer) else { return }
        revokedCount = Int(pf_sk_X509_REVOKED_num(entries))
        for index in 0..<min(limit, revokedCount) {
            guard let entry = pf_sk_X509_REVOKED_value(entries, Int32(index)), let serial = X509_REVOKED_get0_serialNumber(entry) else {
                continue
            }
            revoked.append(
                Entry(
                    serial: String(decoding: PeerCertificate.digits(of: serial), as: UTF8.self),
                    date: Timestamp.seconds(X509_REVOKED_get0_revocationDate(entry)) ?? 0))
        }
    }
}
