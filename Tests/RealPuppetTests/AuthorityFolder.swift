import Foundation

/// What the lab's CA keeps in its folder (`cadir`).
struct AuthorityFolder {
    private let folder: URL

    init(_ lab: Lab) throws { folder = try URL(fileURLWithPath: lab.value("CA_FOLDER")) }

    /// Its copy of the certificate that it signed last for the certname, in PEM.
    func certificate(of certname: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent("signed/\(certname).pem"), encoding: .utf8)
    }

    /// Of the next certificate that it signs, in hexadecimal.
    var serial: String {
        get throws { try String(contentsOf: folder.appendingPathComponent("serial"), encoding: .utf8) }
    }

    /// The certnames of infrastructure nodes, one a line.
    func setInventory(_ text: String) throws {
        try text.write(to: folder.appendingPathComponent("infra_inventory.txt"), atomically: false, encoding: .utf8)
    }
}
