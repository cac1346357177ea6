import Model

package struct ListenerSettings: Sendable {
    package var name: String
    package var address: ListenAddress
    /// nil: plain HTTP; its requests have no identity.
    package var tls: ListenerTLSSettings?
    package var http2: Bool
    /// Where not empty: from these sources, and from them alone, a PROXY header is required.
    package var proxyProtocol: [AddressBlock]
    /// The path whose requests get 200 or 503 from the proxy itself.
    package var statusPath: String?
    /// For requests of other instances alone, whose word on the agent is believed.
    package var isForInstances: Bool

    package init(
        name: String, address: ListenAddress, tls: ListenerTLSSettings? = nil, http2: Bool = true,
        proxyProtocol: [AddressBlock] = [], statusPath: String? = nil, isForInstances: Bool = false
    ) {
        self.name = name
        self.address = address
        self.tls = tls
        self.http2 = http2
        self.proxyProtocol = proxyProtocol
        self.statusPath = statusPath
        self.isForInstances = isForInstances
    }

    /// Whether what is bound to `address` for the listener `name` serves this one. With port 0 an address means a port of its own each
    /// time, so the name counts too.
    package func hasSocket(boundTo address: ListenAddress, for name: String) -> Bool {
        address == self.address && (address.port != 0 || name == self.name)
    }
}

/// Where a listener binds. Port 0 takes a free one, which the ready line names.
package struct ListenAddress: Sendable, Hashable {
    package var address: IPAddress
    package var port: UInt16
    package var v6only: Bool
    package init(address: IPAddress, port: UInt16, v6only: Bool = false) {
        self.address = address
        self.port = port
        self.v6only = v6only
    }
}

/// A certificate chain and its key, as paths; relative ones count from the configuration file's folder and are absolute here.
package struct CertificateFiles: Sendable, Hashable {
    package var chain: String
    package var key: String
    package init(chain: String, key: String) {
        self.chain = chain
        self.key = key
    }
}

package struct ListenerTLSSettings: Sendable {
    package enum ClientCertificate: String, Sendable, CaseIterable { case optional, required, none }

    /// At most one per key type.
    package var certificates: [CertificateFiles]
    /// The Puppet CA bundle; nil only with `clientCertificate: none`.
    package var clientCA: String?
    package var crl: String?
    /// Whether client certificates are accepted only where revocation can be checked.
    package var needsCRL: Bool
    package var clientCertificate: ClientCertificate
    package var rules: TLSRules
    package var sessionTickets: Bool
    /// HAProxy's file of ticket keys.
    package var ticketKeys: String?

    package init(
        certificates: [CertificateFiles], clientCA: String? = nil, crl: String? = nil, needsCRL: Bool = true,
        clientCertificate: ClientCertificate = .optional,
        rules: TLSRules = TLSRules(), sessionTickets: Bool = false, ticketKeys: String? = nil
    ) {
        self.certificates = certificates
        self.clientCA = clientCA
        self.crl = crl
        self.needsCRL = needsCRL
        self.clientCertificate = clientCertificate
        self.rules = rules
        self.sessionTickets = sessionTickets
        self.ticketKeys = ticketKeys
    }

    /// `ticketKeys` where there are tickets.
    package var ticketKeysInUse: String? { sessionTickets ? ticketKeys : nil }
}
