import Admin
import Settings
import TLS

/// Every certificate, key and CRL that the settings name, read from disk and valid, with the token of `admin.http`.
struct TLSMaterials: Sendable {
    var listeners: [ServerTLSMaterial?] = []
    /// By what they were made from: servers that share it share the material.
    var upstream: [UpstreamTLSSettings: ClientTLSMaterial] = [:]
    /// By the name of a `peers` section.
    var peers: [String: PeersTLSMaterial] = [:]
    /// Of `admin.http`.
    var admin: ServerTLSMaterial?
    var adminToken: AdminToken?
    var warnings: [String] = []
    var expiries: [Expiry] = []
    /// Every file that was read.
    var files: [String] = []
    /// Their state before they were read; without files that did not exist.
    var stamps: [String: FileStamp] = [:]
    /// For tickets where no file is named: one set for the process, passed on from reload to reload.
    var ticketKeys = TicketKeys()
    /// PEM that an operator has put in the place of files, by path.
    var contents: FileContents = [:]
    /// What the files hold that is not in force.
    var heldBack: [HeldBackFile] = []
    /// What the next load compares its files with.
    var inForce: MaterialInForce {
        var inForce = MaterialInForce()
        for material in listeners + [admin] { if let material { inForce.add(material) } }
        for material in upstream.values + peers.values.map(\.client) { inForce.add(material) }
        for material in peers.values { inForce.add(material.server) }
        return inForce
    }

    /// What a server's connections are made with; nil: plain HTTP.
    func upstream(_ settings: UpstreamTLSSettings?) -> ClientTLSMaterial? { settings.flatMap { upstream[$0.credentials] } }

    /// The Host field that agents send, as far as the listeners' certificates show it. Checks send it too, so that a check fails where
    /// requests would. nil: no listener has TLS and a name.
    func agentAuthority(_ settings: [ListenerSettings]) -> [UInt8]? {
        for (listener, material) in zip(settings, listeners) {
            guard let name = material?.agentsName else { continue }
            let port = listener.address.port
            return Array((port == 0 ? name : "\(name):\(port)").utf8)
        }
        return nil
    }

    /// Whose new content is in force.
    func filesChanged(since old: TLSMaterials) -> [String] {
        files.filter { file in
            guard !heldBack.contains(where: { $0.file == file }) else { return false }
            return stamps[file] != old.stamps[file] || old.heldBack.contains { $0.file == file }
        }
    }
}

/// For both directions of connections between peers.
struct PeersTLSMaterial: Sendable {
    let settings: PeersSettings.TLS
    let server: ServerTLSMaterial
    let client: ClientTLSMaterial
}

/// Why something that the settings name cannot be used: files, addresses, sockets. One line each.
package struct MaterialProblems: Error, Sendable {
    package let lines: [String]
}
