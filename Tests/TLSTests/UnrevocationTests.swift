import Settings
import Testing

@testable import TLS

/// A CRL that takes revocations back does not come into force unless `crl_shrink` accepts it.
@Suite struct UnrevocationTests {
    private let setup = TestSetup()
    private var settings: ListenerTLSSettings {
        ListenerTLSSettings(certificates: setup.serverFiles(), clientCA: setup.ca, crl: "\(setup.folder.path)/crl.pem")
    }

    private func write(_ list: [UInt8]) { setup.folder.write("crl.pem", setup.root.crl(number: 0) + list) }

    private func load(_ inForce: MaterialInForce, _ shrink: TLSRules.CRLShrink = .refuse) throws -> ServerTLSMaterial {
        var settings = settings
        settings.rules.crlShrink = shrink
        return try ServerTLSMaterial.load(settings, inForce: inForce)
    }

    /// What is in force once `list` was loaded.
    private func inForce(_ list: [UInt8]) throws -> MaterialInForce {
        write(list)
        var inForce = MaterialInForce()
        inForce.add(try load(inForce))
        return inForce
    }

    private func isAccepted(_ serial: Int, _ material: ServerTLSMaterial) throws -> Bool {
        let context = try ServerTLSContext(material, identityFields: { name, _ in name }, verified: nil)
        return try TestPair(context, setup.client(setup.agent(serial: serial))).handshake().server == .done
    }

    private static let year = 366 * 86_400

    enum Next: String, CaseIterable { case lowerNumber, lowerLongNumber, lacksOne, lacksMany, lacksOld, noNumberAndOlder, same, more }

    @Test(
        arguments: [
            (Next.lowerNumber, "CRL of CN=Puppet CA has number 6, the one in force 7: refused (crl_shrink); the one in force stays"),
            (.lowerLongNumber, "CRL of CN=Puppet CA has number 255, the one in force 256: refused (crl_shrink); the one in force stays"),
            (
                .lacksOne,
                "CRL of CN=Puppet CA does not revoke 1 of those that the one in force revokes (65): refused (crl_shrink); the one in force stays"
            ),
            (
                .lacksMany,
                "CRL of CN=Puppet CA does not revoke 5 of those that the one in force revokes (64, 65, 66, …): refused (crl_shrink); "
                    + "the one in force stays"
            ), (.lacksOld, nil), (.noNumberAndOlder, "older"), (.same, nil), (.more, nil),
        ] as [(Next, String?)])
    func whatAListMayNotLose(_ next: Next, _ reason: String?) throws {
        let ca = setup.intermediate
        let before: [UInt8]
        let after: [UInt8]
        switch next {
        case .lowerNumber: (before, after) = (ca.crl(number: 7), ca.crl(number: 6))
        case .lowerLongNumber: (before, after) = (ca.crl(number: 256), ca.crl(number: 255))
        case .lacksOne: (before, after) = (ca.crl(revoking: [100, 101], number: 7), ca.crl(revoking: [100, 102], number: 8))
        case .lacksMany: (before, after) = (ca.crl(revoking: Array(100...104), number: 7), ca.crl(number: 8))
        case .lacksOld:
            (before, after) = (ca.crl(revoking: [100, 101], number: 7, revokedAt: -5 * Self.year - 60), ca.crl(revoking: [100], number: 8))
        case .noNumberAndOlder: (before, after) = (ca.crl(from: -60), ca.crl(from: -120, number: 9))
        case .same: (before, after) = (ca.crl(revoking: [100], number: 7), ca.crl(revoking: [100], number: 7))
        case .more: (before, after) = (ca.crl(revoking: [100], number: 7), ca.crl(revoking: [101, 100], number: 8))
        }
        let inForce = try inForce(before)
        write(after)
        let material = try load(inForce)
        let held = material.heldBack.map(\.reason)
        if reason == "older" {
            #expect(held.count == 1 && held[0].hasPrefix("CRL of CN=Puppet CA is of 20") && held[0].contains(", the one in force of 20"))
        } else {
            #expect(held == [reason].compactMap { $0 })
        }
        #expect(material.heldBack.allSatisfy { $0.activatesAt == nil })
        #expect(try load(inForce, .accept).heldBack.isEmpty)
        if next == .lacksOne {
            #expect(try !isAccepted(101, material) && isAccepted(102, material))
            #expect(try isAccepted(101, load(inForce, .accept)))
        }
    }

    @Test func anotherKeysListIsNoSuccessor() throws {
        let inForce = try inForce(setup.intermediate.crl(revoking: [100], number: 7))
        let other = TestSetup()
        var settings = ListenerTLSSettings(certificates: other.serverFiles(), clientCA: other.ca, crl: other.writeLists())
        settings.clientCA = setup.folder.write("ca.pem", other.root.certificate.pem + other.intermediate.certificate.pem)
        settings.crl = setup.folder.write("crl.pem", other.root.crl(number: 0) + other.intermediate.crl(number: 1))
        #expect(try ServerTLSMaterial.load(settings, inForce: inForce).heldBack.isEmpty)
    }

    @Test func aRestartKnowsWhatWasInForce() throws {
        let before = try inForce(setup.intermediate.crl(revoking: [100], number: 7))
        var remembered = MaterialInForce()
        try remembered.addLists(from: before.text, path: "state.crls")
        #expect(remembered.hasSameLists(as: before))
        write(setup.intermediate.crl(number: 6))
        let material = try load(remembered)
        #expect(material.heldBack.count == 1)
        #expect(try !isAccepted(100, material))
        var renamed = settings
        renamed.crl = setup.folder.write("other.pem", setup.root.crl(number: 0) + setup.intermediate.crl(number: 6))
        #expect(try ServerTLSMaterial.load(renamed, inForce: remembered).heldBack.count == 1, "under another name too")
        #expect(throws: TLSMaterialError.self) {
            try remembered.addLists(from: Array("#crl-file /x\n-----BEGIN X509 CRL-----\nAAAA\n".utf8), path: "state.crls")
        }
        #expect(MaterialInForce().text.isEmpty)
    }
}
