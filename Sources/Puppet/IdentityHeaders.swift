/// The fields by which Puppet Server knows the agent (allow-header-cert-info; puppet-server's external_ssl_termination document).
/// Built once a connection and copied into every head.
package enum IdentityHeaders {
    /// For connections without a verified certificate. X-Client-DN and X-Client-Cert are left out: for an empty one the server responds with 400.
    package static let anonymousBlock = [UInt8]("X-Client-Verify: NONE\r\n".utf8)

    /// - Parameters:
    ///   - distinguishedName: RFC 2253, such as `CN=agent.example`. One with control bytes would end the field: it makes the request
    ///     anonymous.
    ///   - der: the same certificate, in DER.
    package static func block(distinguishedName: [UInt8], der: [UInt8]) -> [UInt8] {
        guard !distinguishedName.isEmpty, distinguishedName.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return anonymousBlock }
        var block: [UInt8] = []
        block.reserveCapacity(256 + distinguishedName.count + der.count * 3 / 2)
        block += "X-Client-Verify: SUCCESS\r\nX-Client-DN: ".utf8
        block += distinguishedName
        block += "\r\nX-Client-Cert: -----BEGIN%20CERTIFICATE-----%0A".utf8
        appendBase64(der, to: &block)
        block += "-----END%20CERTIFICATE-----%0A\r\n".utf8
        return block
    }

    /// Base64 (RFC 4648) in lines of 64 characters (RFC 7468), percent-encoded.
    private static func appendBase64(_ bytes: [UInt8], to output: inout [UInt8]) {
        var column = 0
        var index = 0
        while index < bytes.count {
            let first = UInt32(bytes[index])
            let second = index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0
            let third = index + 2 < bytes.count ? UInt32(bytes[index + 2]) : 0
            let group = first << 16 | second << 8 | third
            appendDigit(group >> 18, to: &output)
            appendDigit(group >> 12, to: &output)
            if index + 1 < bytes.count { appendDigit(group >> 6, to: &output) } else { output += "%3D".utf8 }
            if index + 2 < bytes.count { appendDigit(group, to: &output) } else { output += "%3D".utf8 }
            index += 3
            column += 4
            if column == 64 || index >= bytes.count {
                output += "%0A".utf8
                column = 0
            }
        }
    }

    private static func appendDigit(_ group: UInt32, to output: inout [UInt8]) {
        let digit = UInt8(truncatingIfNeeded: group & 0x3F)
        switch digit {
        case 0..<26: output.append(0x41 + digit)
        case 26..<52: output.append(0x61 - 26 + digit)
        case 52..<62: output.append(0x30 + (digit - 52))
        case 62: output += "%2B".utf8
        default: output += "%2F".utf8
        }
    }
}
