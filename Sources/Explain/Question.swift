import Model

/// One request, described in words: what `puppetfront explain` is asked.
package struct Question: Sendable {
    /// As on the wire, such as `GET`; compared with case.
    package var method: String
    /// Origin-form, absolute-form or `*`.
    package var target: String
    /// nil: not known, and no condition on the source holds.
    package var source: IPAddress?
    /// A listener's name; nil: not known, and no condition on it holds.
    package var listener: String?
    /// The SNI; nil: none.
    package var serverName: String?
    /// `X-Puppet-Version`; nil: none.
    package var agentVersion: String?
    /// The name of a verified certificate; nil for none.
    package var certname: String?
    /// The certificate's extensions: short name or dotted OID, and value. Needs `certname`.
    package var trusted: [(key: String, value: String)]
    /// A catalog's form or JSON; nil where it is not given.
    package var body: [UInt8]?

    package init(
        method: String, target: String, source: IPAddress? = nil, certname: String? = nil, trusted: [(key: String, value: String)] = [],
        body: [UInt8]? = nil, listener: String? = nil, serverName: String? = nil, agentVersion: String? = nil
    ) {
        self.method = method
        self.target = target
        self.source = source
        self.certname = certname
        self.trusted = trusted
        self.body = body
        self.listener = listener
        self.serverName = serverName
        self.agentVersion = agentVersion
    }

    var requestMethod: RequestMethod { RequestMethod(word: method) }

    /// The target as it is forwarded: absolute-form cut to its path and query (RFC 9112 section 3.2.2).
    var originForm: [UInt8] {
        let bytes = Array(target.utf8)
        for scheme in ["http://", "https://"] where bytes.starts(with: scheme.utf8) {
            let rest = bytes.dropFirst(scheme.utf8.count)
            guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else {
                return [UInt8(ascii: "/")]
            }
            return (rest[end] == UInt8(ascii: "?") ? [UInt8(ascii: "/")] : []) + rest[end...]
        }
        return bytes
    }
}

/// A question without a response: wrong usage.
package enum QuestionError: Error, Sendable, Equatable {
    case trustedWithoutCertname
    /// Neither Puppet's short name, nor one of trusted_oids, nor a dotted OID.
    case unknownExtension(String)
    case unknownListener(String)

    /// For the operator, one line.
    package var message: String {
        switch self {
        case .trustedWithoutCertname: "trusted extensions are a certificate's: a certname is needed, too"
        case .unknownListener(let name): "no listener is called \(name)"
        case .unknownExtension(let key): "no certificate extension is called \(key); hint: a short name such as pp_role, or a dotted OID"
        }
    }
}
