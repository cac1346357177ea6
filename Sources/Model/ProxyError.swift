/// An operating error: what broke, on whose side, and whether the request may be sent again.
package struct ProxyError: Error, Sendable, Equatable {
    package enum Origin: Sendable { case downstream, upstream, `internal` }
    package enum Kind: Sendable, Equatable {
        case connectRefused, connectTimeout, unresolved, tlsHandshake, reset, closed, timeout, malformed, noDescriptors
    }

    package let kind: Kind
    package let origin: Origin
    /// For the operator, one line, without line ends.
    package let context: String

    package init(_ kind: Kind, origin: Origin, context: String) {
        self.kind = kind
        self.origin = origin
        self.context = context
    }
}
