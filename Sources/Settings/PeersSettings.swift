import Model

/// The instances, puppetfront or HAProxy, that share sticks.
package struct PeersSettings: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package var name: String
        package var address: UpstreamAddress
        package init(name: String, address: UpstreamAddress) {
            self.name = name
            self.address = address
        }
    }

    /// Certificates are shown and asked for both ways.
    package struct TLS: Sendable, Equatable {
        package var certificate: CertificateFiles
        package var ca: String
        /// nil: revocation is not checked.
        package var crl: String?
        package init(certificate: CertificateFiles, ca: String, crl: String? = nil) {
            self.certificate = certificate
            self.ca = ca
            self.crl = crl
        }

        /// For peers that call.
        package var server: ListenerTLSSettings {
            ListenerTLSSettings(certificates: [certificate], clientCA: ca, crl: crl, needsCRL: false, clientCertificate: .required)
        }
        /// For peers that are called. They are known by their addresses, and the name in their certificates is not compared.
        package var client: UpstreamTLSSettings { UpstreamTLSSettings(ca: ca, crl: crl, certificate: certificate, verify: .ca) }
    }

    package var name: String
    /// This instance's own name among the members.
    package var local: String
    package var members: [Member]
    package var tls: TLS?
    package init(name: String, local: String, members: [Member], tls: TLS? = nil) {
        self.name = name
        self.local = local
        self.members = members
        self.tls = tls
    }

    /// Where this instance listens.
    package var localAddress: UpstreamAddress? { members.first { $0.name == local }?.address }
    package var others: [Member] { members.filter { $0.name != local } }
}
