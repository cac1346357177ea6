/// The 24 bytes with which a client that knows it beforehand begins HTTP/2 (RFC 9113 section 3.4). No request of HTTP/1.1 begins with them.
package enum HTTP2Preface {
    package enum Match: Sendable { case other, partial, whole }

    private static let bytes: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    package static func match(_ input: borrowing Span<UInt8>) -> Match {
        let count = min(input.count, bytes.utf8CodeUnitCount)
        for index in 0..<count where input[index] != bytes.utf8Start[index] { return .other }
        return count == bytes.utf8CodeUnitCount ? .whole : .partial
    }
}
