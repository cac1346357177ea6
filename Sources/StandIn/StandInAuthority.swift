import COpenSSL
import Synchronization

/// A Puppet CA in memory: root and intermediate, leaves signed by the intermediate, a CRL of each (as `puppetserver ca setup` makes).
///
/// Thread-safe: one lock guards all mutable state. Serials count from 1 as Puppet's do.
package final class StandInAuthority: Sendable {
    private struct State {
        var nextSerial = 1
        var crlNumber = 0
        var revoked: [Int] = []
        /// Certname → its newest certificate and serial.
        var issued: [String: (certificate: Certificate, serial: Int)] = [:]
        /// Certname → pending request, in PEM.
        var pending: [String: String] = [:]
        var crlLastUpdate: Int?
        var crlNextUpdate = 5 * 365 * 86400
    }

    private let root: Issuer
    private let intermediate: Issuer
    private let state = Mutex(State())

    package init(name: String = "stand-in", algorithm: KeyPair.Algorithm = .ec) throws(StandInError) {
        root = try Issuer(name: "Puppet Root CA: \(name)", serial: 1, algorithm: algorithm, parent: nil)
        intermediate = try Issuer(name: "Puppet CA: \(name)", serial: 2, algorithm: algorithm, parent: root)
    }

    /// Makes a key and its certificate.
    package func issue(_ profile: CertificateProfile) throws(StandInError) -> Credential {
        let key = try KeyPair(profile.algorithm)
        let certificate = try certify(profile, publicKey: key.pointer)
        return Credential(certificate: certificate, key: key, chain: [intermediate.certificate])
    }

    package func issue(_ certname: String) throws(StandInError) -> Credential {
        try issue(CertificateProfile(certname))
    }

    /// The certificate for a request with a valid signature. Extensions of the request are not copied.
    package func sign(_ request: CertificateRequest) throws(StandInError) -> Certificate {
        guard request.isProven, let key = X509_REQ_get0_pubkey(request.pointer) else {
            throw .crypto("the request's signature does not hold")
        }
        return try certify(CertificateProfile(request.commonName), publicKey: key)
    }

    /// Keeps a request until `signPending`; the newest of a name counts.
    package func hold(_ request: CertificateRequest) throws(StandInError) {
        let pem = try request.pem()
        let name = request.commonName
        state.withLock { $0.pending[name] = pem }
    }

    /// Signs the pending request of that name; false: there is none.
    package func signPending(_ certname: String) throws(StandInError) -> Bool {
        guard let pem = state.withLock({ $0.pending.removeValue(forKey: certname) }) else { return false }
        _ = try sign(CertificateRequest(pem: pem))
        return true
    }

    /// Puts the newest certificate of that name on the CRL; false: there is none.
    @discardableResult
    package func revoke(_ certname: String) -> Bool {
        state.withLock { state in
            guard let serial = state.issued[certname]?.serial else { return false }
            if !state.revoked.contains(serial) { state.revoked.append(serial) }
            state.crlNumber += 1
            return true
        }
    }

    /// Adds serials to the CRL that no certificate has, as in a CRL of many years.
    package func revoke(serials: Range<Int>) { state.withLock { $0.revoked += serials } }

    /// Revokes and removes it, as `puppetserver ca clean`.
    @discardableResult
    package func clean(_ certname: String) -> Bool {
        let known = revoke(certname)
        state.withLock {
            $0.issued[certname] = nil
            $0.pending[certname] = nil
        }
        return known
    }

    /// Every CRL from now on is valid for that many seconds; below zero: it has expired.
    package func setNextUpdate(_ seconds: Int) { state.withLock { $0.crlNextUpdate = seconds } }

    /// Lets every CRL from now on begin at that many seconds from its making, ahead of the clock where above zero; nil: an hour before.
    package func setLastUpdate(_ seconds: Int?) { state.withLock { $0.crlLastUpdate = seconds } }

    package func certificate(of certname: String) -> Certificate? { state.withLock { $0.issued[certname]?.certificate } }

    /// Every name that has a certificate or a request, sorted, with `signed`, `revoked` or `requested`.
    package func statuses() -> [(certname: String, state: String)] {
        state.withLock { state in
            let signed = state.issued.map { ($0.key, state.revoked.contains($0.value.serial) ? "revoked" : "signed") }
            let waiting = state.pending.keys.filter { state.issued[$0] == nil }.map { ($0, "requested") }
            return (signed + waiting).sorted { $0.0 < $1.0 }.map { (certname: $0.0, state: $0.1) }
        }
    }

    package func status(of certname: String) -> String? { statuses().first { $0.certname == certname }?.state }

    /// The bundle of ca_crt.pem: intermediate, then root.
    package func caPEM() throws(StandInError) -> String {
        try intermediate.certificate.pem() + root.certificate.pem()
    }

    /// The bundle of ca_crl.pem: the intermediate's CRL, then the root's.
    package func crlPEM() throws(StandInError) -> String {
        let now = state.withLock { $0 }
        return try intermediate.revocationList(
            now.revoked, number: now.crlNumber, lastUpdate: now.crlLastUpdate, nextUpdate: now.crlNextUpdate)
            + root.revocationList([], number: 0, lastUpdate: nil, nextUpdate: now.crlNextUpdate)
    }

    /// Writes `ca.pem` and `crl.pem` into `folder`, each replaced whole.
    package func writeTrust(to folder: String) throws {
        try PrivateFile.write(try caPEM(), to: folder + "/ca.pem", mode: 0o644)
        try writeRevocationLists(to: folder)
    }

    package func writeRevocationLists(to folder: String) throws {
        try PrivateFile.write(try crlPEM(), to: folder + "/crl.pem", mode: 0o644)
    }

    private func certify(_ profile: CertificateProfile, publicKey: OpaquePointer) throws(StandInError) -> Certificate {
        let serial = state.withLock { state in
            defer { state.nextSerial += 1 }
            return state.nextSerial
        }
        let certificate = try intermediate.issue(profile, publicKey: publicKey, serial: serial)
        state.withLock { $0.issued[profile.certname] = (certificate, serial) }
        return certificate
    }
}
