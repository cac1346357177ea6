/// The contents of a certificate: X.509's fields as Puppet's CA fills them in.
package struct CertificateProfile: Sendable {
    /// A Puppet extension: dotted OID under 1.3.6.1.4.1.34380.1, and its text.
    package struct PuppetExtension: Sendable {
        package let oid: String
        package let value: String
        package init(_ oid: String, _ value: String) {
            self.oid = oid
            self.value = value
        }

        package static func role(_ value: String) -> PuppetExtension { PuppetExtension("1.3.6.1.4.1.34380.1.1.13", value) }
        package static func environment(_ value: String) -> PuppetExtension { PuppetExtension("1.3.6.1.4.1.34380.1.1.12", value) }
        /// The extension that lets `puppetserver ca` change certificates.
        package static let cliAuth = PuppetExtension("1.3.6.1.4.1.34380.1.3.39", "true")
    }

    package var certname: String
    /// DNS names; if there are any, the certname is among them.
    package var names: [String]
    package var addresses: [String]
    package var extensions: [PuppetExtension]
    package var algorithm: KeyPair.Algorithm
    /// Seconds from now.
    package var notBefore: Int
    /// Seconds from now; below zero: already expired.
    package var notAfter: Int

    package init(
        _ certname: String, names: [String] = [], addresses: [String] = [], extensions: [PuppetExtension] = [],
        algorithm: KeyPair.Algorithm = .ec, notBefore: Int = -86400, notAfter: Int = 5 * 365 * 86400
    ) {
        self.certname = certname
        self.names = names
        self.addresses = addresses
        self.extensions = extensions
        self.algorithm = algorithm
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// OpenSSL's text of the alternative names, nil where there are none.
    var alternativeNames: String? {
        guard !names.isEmpty || !addresses.isEmpty else { return nil }
        let all = names.contains(certname) ? names : [certname] + names
        return (all.map { "DNS:\($0)" } + addresses.map { "IP:\($0)" }).joined(separator: ",")
    }
}
