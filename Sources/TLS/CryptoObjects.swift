import COpenSSL
import Model

// Owners of OpenSSL's reference-counted objects. @unchecked Sendable: the counts are atomic, and no object is changed once
// `load` has returned; what OpenSSL fills in lazily (extension flags, the order of a CRL) is under its own locks.

/// One `X509`.
final class Certificate: @unchecked Sendable {
    let pointer: OpaquePointer
    /// Takes ownership of the caller's reference.
    init(owning pointer: OpaquePointer) { self.pointer = pointer }
    deinit { X509_free(pointer) }

    /// Canonical, so that names which differ only in string type or case are the same: the rule OpenSSL verifies by.
    func isNamed(_ name: OpaquePointer?) -> Bool { X509_NAME_cmp(X509_get_subject_name(pointer), name) == 0 }
    /// The same name and the same key: what one has signed the other has, whichever dates they have.
    func isSameIssuer(as other: Certificate) -> Bool {
        guard isNamed(X509_get_subject_name(other.pointer)), let key = X509_get0_pubkey(pointer),
            let otherKey = X509_get0_pubkey(other.pointer)
        else { return false }
        defer { ERR_clear_error() }
        return EVP_PKEY_eq(key, otherKey) == 1
    }

    /// By name, key usage and signature.
    func hasIssued(_ other: Certificate) -> Bool {
        defer { ERR_clear_error() }
        guard X509_check_issued(pointer, other.pointer) == X509_V_OK, let key = X509_get0_pubkey(pointer) else { return false }
        return X509_verify(other.pointer, key) == 1
    }

    var subject: String { String(decoding: DistinguishedName.text(X509_get_subject_name(pointer)), as: UTF8.self) }
    /// Seconds since 1970.
    var notBefore: Int64? { Timestamp.seconds(X509_get0_notBefore(pointer)) }
    var notAfter: Int64? { Timestamp.seconds(X509_get0_notAfter(pointer)) }
    /// - Parameter now: seconds since 1970
    func isValid(at now: Int64) -> Bool { notBefore ?? .max <= now && notAfter ?? .min > now }
    var der: [UInt8] { DER.encode { i2d_X509(pointer, $0) } }

    /// A host name that the certificate is for: its common name, else the first alternative name without a wildcard.
    var hostName: String? {
        let commonName = DistinguishedName.commonName(X509_get_subject_name(pointer)).map { String(decoding: $0, as: UTF8.self) }
        let alternatives = CertificateDetails(self).names.split(separator: ",").compactMap { name -> String? in
            let name = name.drop { $0 == " " }
            return name.hasPrefix("DNS:") ? String(name.dropFirst(4)) : nil
        }
        return ([commonName].compactMap { $0 } + alternatives).first(where: isFor)
    }

    private func isFor(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPlain && X509_check_host(pointer, name, name.utf8.count, 0, nil) == 1
    }
}

/// One `EVP_PKEY` with its private part.
final class PrivateKey: @unchecked Sendable {
    let pointer: OpaquePointer
    init(owning pointer: OpaquePointer) { self.pointer = pointer }
    deinit { EVP_PKEY_free(pointer) }

    /// `EVP_PKEY_RSA`, `EVP_PKEY_EC`, …
    var type: Int32 { EVP_PKEY_get_base_id(pointer) }
    var typeName: String { EVP_PKEY_get0_type_name(pointer).map { String(cString: $0) } ?? "unknown" }
}
