import Model
import Settings

/// Addresses and ports.
extension ScalarReader {
    /// `ADDRESS:PORT`, a v6 address in brackets; port 0 takes a free one.
    func listenAddress(v6only: Bool) -> (DocumentValue) -> ListenAddress? {
        { value in
            guard let text = text(value), let parts = hostAndPort(text, 0...65535, value) else { return nil }
            guard let address = IPAddress(parts.host) else {
                let hint = parts.host == "*" ? "[::]:\(parts.port), which takes v4 too" : "an address, as [::]:8140 or 127.0.0.1:8140"
                wrong(value, "\"\(parts.host)\" is no address to listen on", hint: hint)
                return nil
            }
            if v6only, address.isV4 {
                wrong(value, "v6only is for v6 addresses")
                return nil
            }
            return ListenAddress(address: address, port: parts.port, v6only: v6only)
        }
    }

    /// `HOST:PORT`: a name or an address, a v6 address in brackets.
    func upstreamAddress(_ value: DocumentValue) -> UpstreamAddress? { upstreamAddress(value, defaultPort: nil) }

    /// The same, and `HOST` alone.
    func upstreamAddress(defaultPort: UInt16) -> (DocumentValue) -> UpstreamAddress? { { upstreamAddress($0, defaultPort: defaultPort) } }

    private func upstreamAddress(_ value: DocumentValue, defaultPort: UInt16?) -> UpstreamAddress? {
        guard var text = text(value) else { return nil }
        if let defaultPort, text.hasSuffix("]") || !text.contains(":") { text += ":\(defaultPort)" }
        guard let parts = hostAndPort(text, 1...65535, value) else { return nil }
        guard IPAddress(parts.host) != nil || ScalarReader.isHostName(parts.host) else {
            wrong(value, "\"\(parts.host)\" is neither a host name nor an address")
            return nil
        }
        return UpstreamAddress(host: parts.host, port: parts.port)
    }

    func port(_ value: DocumentValue) -> UInt16? {
        integer(1...65535)(value).map { UInt16($0) }
    }

    /// An address or a CIDR block.
    func addressBlock(_ value: DocumentValue) -> AddressBlock? {
        guard let text = text(value) else { return nil }
        guard let block = AddressBlock(text) else {
            wrong(value, "\"\(text)\" is no address or block", hint: "as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")
            return nil
        }
        return block
    }

    private func hostAndPort(_ text: String, _ ports: ClosedRange<Int>, _ value: DocumentValue) -> (host: String, port: UInt16)? {
        guard let colon = text.lastIndex(of: ":"), let port = ScalarReader.digits(text[text.index(after: colon)...]), ports.contains(port)
        else {
            wrong(
                value, "\"\(text)\" has no port from \(ports.lowerBound) to \(ports.upperBound)", hint: "HOST:PORT, as puppet.example:8140")
            return nil
        }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard isBracketed == host.contains(":") else {
            wrong(value, "\"\(text)\" is ambiguous", hint: "brackets go around v6 addresses, and around them only: [::1]:8140")
            return nil
        }
        return (String(host), UInt16(port))
    }

    /// RFC 1123 labels, and `_`, which internal names have.
    static func isHostName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        // Four groups of digits that are no address are no name either.
        if text.utf8.allSatisfy({ ASCII.isDigit($0) || $0 == UInt8(ascii: ".") }) { return false }
        var labels = text.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 1, labels.last == "" { labels.removeLast() }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { ASCII.isWord($0) || $0 == UInt8(ascii: "-") }
        }
    }
}
