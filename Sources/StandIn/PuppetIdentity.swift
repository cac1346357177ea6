import Foundation

/// The client of a request, as Puppet Server's authorization decides it (trapperkeeper-authorization, `allow-header-cert-info`).
enum PuppetIdentity: Equatable {
    case anonymous
    case agent(String)
    /// X-Client-Cert is there but is no certificate: Puppet Server responds with 400.
    case broken

    /// - Parameters:
    ///   - trustsHeaders: with `allow-header-cert-info: true` only the fields count, not the peer's certificate
    ///   - peer: the common name of the TLS peer's certificate
    static func of(_ head: MessageHead, trustsHeaders: Bool, peer: String?) -> PuppetIdentity {
        guard trustsHeaders else { return peer.map { .agent($0) } ?? .anonymous }
        if let text = head.first("X-Client-Cert") {
            guard let pem = text.removingPercentEncoding, (try? Certificate(pem: pem)) != nil else { return .broken }
        }
        guard head.first("X-Client-Verify") == "SUCCESS", let name = head.first("X-Client-DN").flatMap(commonName) else {
            return .anonymous
        }
        return .agent(name)
    }

    /// `CN=x`, `CN=x,O=y` and `/CN=x`.
    private static func commonName(_ distinguishedName: String) -> String? {
        for part in distinguishedName.split(whereSeparator: { $0 == "," || $0 == "/" }) {
            let words = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if words.count == 2, words[0].uppercased() == "CN" { return words[1] }
        }
        return nil
    }
}
