/// Why a server could not be reached, or was lost.
package struct ProxyError: Error, Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case connectRefused, connectTimeout, unresolved, tlsHandshake, closed, noDescriptors
    }

    package let kind: Kind
    /// For the operator, one line, without line ends.
    package let context: String

    package init(_ kind: Kind, context: String) {
        self.kind = kind
        self.context = context
    }
}
