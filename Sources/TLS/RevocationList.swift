import COpenSSL

/// One `X509_CRL`. Its entries are sorted when it is made, before another thread reads them.
final class RevocationList: @unchecked Sendable, Equatable {
    let pointer: OpaquePointer
    /// Of its DER; nil: OpenSSL cannot hash it, and it equals nothing.
    let digest: SHA256Digest?

    /// Takes over the caller's reference.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
        digest = DER.encode { i2d_X509_CRL(pointer, $0) }.withUnsafeBytes { SHA256Digest(of: $0, algorithm: EVP_sha256()) }
        let none = ASN1_INTEGER_new()
        X509_CRL_get0_by_serial(pointer, nil, none)
        ASN1_INTEGER_free(none)
    }

    deinit { X509_CRL_free(pointer) }

    static func == (left: RevocationList, right: RevocationList) -> Bool {
        left === right || left.digest.map { $0 == right.digest } ?? false
    }

    var issuerName: OpaquePointer? { X509_CRL_get_issuer(pointer) }
    var issuer: String { String(decoding: DistinguishedName.text(issuerName), as: UTF8.self) }
    /// Seconds since 1970; nil: it cannot be read.
    var lastUpdate: Int64? { Timestamp.seconds(X509_CRL_get0_lastUpdate(pointer)) }
    /// Seconds since 1970; nil: it has no end.
    var nextUpdate: Int64? { X509_CRL_get0_nextUpdate(pointer).flatMap { Timestamp.seconds($0) } }

    /// The first second at which it may be used: agents allow for five minutes between the CA's clock and theirs, and so do we.
    var begin: Int64 { lastUpdate.map { $0 - RevocationList.tolerance } ?? .min }
    static let tolerance: Int64 = 300

    /// The number that grows from one CRL of an issuer to the next (RFC 5280 section 5.2.3), upper-case hexadecimal without leading zeros;
    /// nil: it has none.
    var number: [UInt8]? {
        guard let found = X509_CRL_get_ext_d2i(pointer, NID_crl_number, nil, nil) else {
            ERR_clear_error()
            return nil
        }
        let integer = found.assumingMemoryBound(to: ASN1_INTEGER.self)
        defer { ASN1_INTEGER_free(integer) }
        return Array(PeerCertificate.digits(of: integer).drop { $0 == UInt8(ascii: "0") })
    }

    /// Which certificates of its issuer it speaks for: empty for all, else the extension that says so. Whose key signed it, too, as far as it
    /// says so.
    var scope: [UInt8] { content(NID_issuing_distribution_point) }
    var signingKey: [UInt8] { content(NID_authority_key_identifier) }

    private func content(_ extension: Int32) -> [UInt8] {
        let index = X509_CRL_get_ext_by_NID(pointer, `extension`, -1)
        guard index >= 0, let field = X509_CRL_get_ext(pointer, index), let data = X509_EXTENSION_get_data(field) else { return [] }
        guard let bytes = ASN1_STRING_get0_data(data) else { return [] }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(ASN1_STRING_length(data))))
    }

    func isSigned(by authority: Certificate) -> Bool {
        guard authority.isNamed(issuerName), let key = X509_get0_pubkey(authority.pointer) else { return false }
        defer { ERR_clear_error() }
        return X509_CRL_verify(pointer, key) == 1
    }

    /// Entries of this list that `other` has not.
    /// - Parameter matters: by the entry's revocation date, seconds since 1970 (nil: it cannot be read)
    /// - Returns: how many, and the serials of the first ones, upper-case hexadecimal
    func entriesMissing(in other: RevocationList, where matters: (Int64?) -> Bool) -> (count: Int, first: [String]) {
        var missing: (count: Int, first: [String]) = (0, [])
        guard let entries = X509_CRL_get_REVOKED(pointer) else { return missing }
        for index in 0..<pf_sk_X509_REVOKED_num(entries) {
            guard let entry = pf_sk_X509_REVOKED_value(entries, index), let serial = X509_REVOKED_get0_serialNumber(entry),
                X509_CRL_get0_by_serial(other.pointer, nil, UnsafeMutablePointer(mutating: serial)) != 1,
                matters(Timestamp.seconds(X509_REVOKED_get0_revocationDate(entry)))
            else { continue }
            missing.count += 1
            if missing.first.count < 3 { missing.first.append(String(decoding: PeerCertificate.digits(of: serial), as: UTF8.self)) }
        }
        return missing
    }

    var pem: [UInt8] {
        guard let memory = BIO_new(BIO_s_mem()) else { return [] }
        defer { BIO_free(memory) }
        var start: UnsafeMutablePointer<CChar>?
        guard PEM_write_bio_X509_CRL(memory, pointer) == 1 else {
            ERR_clear_error()
            return []
        }
        let size = Int(pf_BIO_get_mem(memory, &start))
        guard let start, size > 0 else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: size))
    }
}
