import COpenSSL
import Model

/// Puppet's extensions of a certificate: those under 1.3.6.1.4.1.34380.1, which Puppet shows as trusted facts.
enum TrustedExtensions {
    /// 1.3.6.1.4.1.34380.1 in DER, without tag and length.
    private static let arc: [UInt8] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x8C, 0x4C, 0x01]
    private static let longestOID = 128

    /// Values that are one DER string (as Puppet writes since 4) are given without its wrapping, all others (Puppet 3 wrote bare text)
    /// unchanged.
    static func read(_ certificate: OpaquePointer) -> [TrustedExtension] {
        var found: [TrustedExtension] = []
        for index in 0..<max(0, X509_get_ext_count(certificate)) {
            guard let item = X509_get_ext(certificate, index), let object = X509_EXTENSION_get_object(item), isPuppets(object),
                let octets = X509_EXTENSION_get_data(item), let data = ASN1_STRING_get0_data(octets), let oid = dotted(object)
            else { continue }
            let bytes = UnsafeBufferPointer(start: data, count: Int(ASN1_STRING_length(octets)))
            found.append(TrustedExtension(oid: oid, value: DER.text(bytes) ?? Array(bytes)))
        }
        return found
    }

    private static func isPuppets(_ object: OpaquePointer) -> Bool {
        let size = OBJ_length(object)
        guard size > arc.count, let data = OBJ_get0_data(object) else { return false }
        return UnsafeBufferPointer(start: data, count: size).starts(with: arc)
    }

    /// nil for an OID whose text is longer than any of Puppet's could be.
    private static func dotted(_ object: OpaquePointer) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: longestOID) { text in
            let size = Int(OBJ_obj2txt(text.baseAddress, Int32(longestOID), object, 1))
            guard size > 0, size < longestOID, let base = text.baseAddress else { return nil }
            return String(cString: base)
        }
    }
}
