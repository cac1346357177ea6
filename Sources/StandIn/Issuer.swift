import COpenSSL

/// One certificate authority: its certificate and key, and the signing of certificates and CRLs in Puppet's manner.
/// The extensions are those of puppetserver-ca-cli and of Puppet Server's certificate_authority.clj.
final class Issuer: Sendable {
    let certificate: Certificate
    let key: KeyPair

    /// A root where `parent` is nil, else an intermediate that `parent` signs.
    init(name: String, serial: Int, algorithm: KeyPair.Algorithm, parent: Issuer?) throws(StandInError) {
        key = try KeyPair(algorithm)
        let draft = try Issuer.draft(name: name, serial: serial, notBefore: -86400, notAfter: 15 * 365 * 86400)
        certificate = Certificate(owning: draft)
        let signer = parent?.certificate.pointer ?? draft
        guard X509_set_pubkey(draft, key.pointer) == 1,
            X509_set_issuer_name(draft, X509_get_subject_name(signer)) == 1
        else { throw OpenSSLFailure.crypto("CA certificate") }
        try Issuer.add(NID_basic_constraints, "critical,CA:TRUE", to: draft, issuer: signer)
        try Issuer.add(NID_key_usage, "critical,keyCertSign,cRLSign", to: draft, issuer: signer)
        try Issuer.add(NID_subject_key_identifier, "hash", to: draft, issuer: signer)
        try Issuer.add(NID_authority_key_identifier, "keyid:always", to: draft, issuer: signer)
        guard X509_sign(draft, (parent?.key ?? key).pointer, EVP_sha256()) > 0 else { throw OpenSSLFailure.crypto("X509_sign") }
    }

    /// A leaf for `publicKey`, good for TLS on both sides.
    func issue(_ profile: CertificateProfile, publicKey: OpaquePointer, serial: Int) throws(StandInError) -> Certificate {
        let draft = try Issuer.draft(
            name: profile.certname, serial: serial, notBefore: profile.notBefore, notAfter: profile.notAfter)
        let leaf = Certificate(owning: draft)
        let signer = certificate.pointer
        guard X509_set_pubkey(draft, publicKey) == 1,
            X509_set_issuer_name(draft, X509_get_subject_name(signer)) == 1
        else { throw OpenSSLFailure.crypto("leaf certificate") }
        try Issuer.add(NID_netscape_comment, "Puppet Server Internal Certificate", to: draft, issuer: signer)
        try Issuer.add(NID_authority_key_identifier, "keyid:always", to: draft, issuer: signer)
        try Issuer.add(NID_basic_constraints, "critical,CA:FALSE", to: draft, issuer: signer)
        try Issuer.add(NID_ext_key_usage, "critical,serverAuth,clientAuth", to: draft, issuer: signer)
        try Issuer.add(NID_key_usage, "critical,digitalSignature,keyEncipherment", to: draft, issuer: signer)
        try Issuer.add(NID_subject_key_identifier, "hash", to: draft, issuer: signer)
        if let names = profile.alternativeNames { try Issuer.add(NID_subject_alt_name, names, to: draft, issuer: signer) }
        for puppet in profile.extensions { try Issuer.add(puppet, to: draft) }
        guard X509_sign(draft, key.pointer, EVP_sha256()) > 0 else { throw OpenSSLFailure.crypto("X509_sign") }
        return leaf
    }

    /// The CRL with these serials, in PEM. `number` must grow from CRL to CRL (RFC 5280 section 5.2.3).
    /// `nextUpdate` counts in seconds from now; below zero: already expired. `lastUpdate` too; nil: an hour before now, or before its end.
    func revocationList(_ serials: [Int], number: Int, lastUpdate: Int?, nextUpdate: Int) throws(StandInError) -> String {
        guard let list = X509_CRL_new() else { throw OpenSSLFailure.crypto("X509_CRL_new") }
        defer { X509_CRL_free(list) }
        guard let last = X509_gmtime_adj(nil, lastUpdate ?? min(-3600, nextUpdate - 3600)), let next = X509_gmtime_adj(nil, nextUpdate)
        else {
            throw OpenSSLFailure.crypto("time")
        }
        defer {
            ASN1_TIME_free(last)
            ASN1_TIME_free(next)
        }
        guard X509_CRL_set_version(list, 1) == 1,
            X509_CRL_set_issuer_name(list, X509_get_subject_name(certificate.pointer)) == 1,
            X509_CRL_set1_lastUpdate(list, last) == 1, X509_CRL_set1_nextUpdate(list, next) == 1
        else { throw OpenSSLFailure.crypto("CRL") }
        for serial in serials { try Issuer.revoke(serial, in: list, at: last) }
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, certificate.pointer, nil, nil, list, 0)
        guard let identifier = X509V3_EXT_conf_nid(nil, &context, NID_authority_key_identifier, "keyid:always") else {
            throw OpenSSLFailure.crypto("CRL extension")
        }
        defer { X509_EXTENSION_free(identifier) }
        guard let count = ASN1_INTEGER_new() else { throw OpenSSLFailure.crypto("ASN1_INTEGER_new") }
        defer { ASN1_INTEGER_free(count) }
        guard X509_CRL_add_ext(list, identifier, -1) == 1, ASN1_INTEGER_set(count, number) == 1,
            X509_CRL_add1_ext_i2d(list, NID_crl_number, count, 0, 0) == 1,
            X509_CRL_sort(list) == 1, X509_CRL_sign(list, key.pointer, EVP_sha256()) > 0
        else { throw OpenSSLFailure.crypto("CRL signature") }
        return try PEMText.write { PEM_write_bio_X509_CRL($0, list) }
    }

    private static func revoke(_ serial: Int, in list: OpaquePointer, at time: UnsafeMutablePointer<ASN1_TIME>) throws(StandInError) {
        guard let entry = X509_REVOKED_new() else { throw OpenSSLFailure.crypto("X509_REVOKED_new") }
        guard let number = ASN1_INTEGER_new() else {
            X509_REVOKED_free(entry)
            throw OpenSSLFailure.crypto("ASN1_INTEGER_new")
        }
        defer { ASN1_INTEGER_free(number) }
        guard ASN1_INTEGER_set(number, serial) == 1, X509_REVOKED_set_serialNumber(entry, number) == 1,
            X509_REVOKED_set_revocationDate(entry, time) == 1, X509_CRL_add0_revoked(list, entry) == 1
        else {
            X509_REVOKED_free(entry)
            throw OpenSSLFailure.crypto("CRL entry")
        }
    }

    /// Version 3, serial, subject and validity.
    private static func draft(name: String, serial: Int, notBefore: Int, notAfter: Int) throws(StandInError) -> OpaquePointer {
        guard let draft = X509_new() else { throw OpenSSLFailure.crypto("X509_new") }
        guard X509_set_version(draft, 2) == 1,
            ASN1_INTEGER_set(X509_get_serialNumber(draft), serial) == 1,
            X509_NAME_add_entry_by_txt(X509_get_subject_name(draft), "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1,
            X509_gmtime_adj(X509_getm_notBefore(draft), min(notBefore, notAfter - 1)) != nil,
            X509_gmtime_adj(X509_getm_notAfter(draft), notAfter) != nil
        else {
            X509_free(draft)
            throw OpenSSLFailure.crypto("certificate")
        }
        return draft
    }

    private static func add(_ nid: Int32, _ value: String, to draft: OpaquePointer, issuer: OpaquePointer) throws(StandInError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer, draft, nil, nil, 0)
        guard let made = X509V3_EXT_conf_nid(nil, &context, nid, value) else { throw OpenSSLFailure.crypto("extension \(value)") }
        defer { X509_EXTENSION_free(made) }
        guard X509_add_ext(draft, made, -1) == 1 else { throw OpenSSLFailure.crypto("X509_add_ext") }
    }

    /// Puppet's own extensions are UTF8Strings of up to 127 bytes here.
    private static func add(_ puppet: CertificateProfile.PuppetExtension, to draft: OpaquePointer) throws(StandInError) {
        let text = Array(puppet.value.utf8.prefix(127))
        let der = [0x0C, UInt8(text.count)] + text
        guard let object = OBJ_txt2obj(puppet.oid, 1) else { throw OpenSSLFailure.crypto("OID \(puppet.oid)") }
        defer { ASN1_OBJECT_free(object) }
        guard let data = ASN1_OCTET_STRING_new() else { throw OpenSSLFailure.crypto("ASN1_OCTET_STRING_new") }
        defer { ASN1_OCTET_STRING_free(data) }
        guard ASN1_OCTET_STRING_set(data, der, Int32(der.count)) == 1,
            let made = X509_EXTENSION_create_by_OBJ(nil, object, 0, data)
        else { throw OpenSSLFailure.crypto("extension \(puppet.oid)") }
        defer { X509_EXTENSION_free(made) }
        guard X509_add_ext(draft, made, -1) == 1 else { throw OpenSSLFailure.crypto("X509_add_ext") }
    }
}
