import Settings
import Testing

@testable import TLS

@Suite struct ServerTLSMaterialTests {
    private let setup = TestSetup()

    private func problem(_ change: (inout ListenerTLSSettings) -> Void) -> TLSMaterialError? {
        do {
            _ = try ServerTLSMaterial.load(setup.listener(change))
            return nil
        } catch {
            return error
        }
    }

    @Test func everyFileIsNamedOnce() throws {
        let material = try ServerTLSMaterial.load(setup.listener())
        let names = material.files.map { String($0.dropFirst(setup.folder.path.utf8.count + 1)) }
        #expect(names == ["server-ec.pem", "server-ec.private.pem", "server-rsa.pem", "server-rsa.private.pem", "ca.pem", "crl.pem"])
        #expect(material.warnings.isEmpty)
    }

    enum Mistake: String, CaseIterable { case missingFile, folder, noPEM, brokenPEM, foreignKey, encryptedKey, sameKeyType, noCertificate }

    @Test(arguments: [
        (Mistake.missingFile, "nowhere.pem", "No such file"), (.folder, "", "no regular file"),
        (.noPEM, "text.pem", "holds no certificate"),
        (.brokenPEM, "broken.pem", "certificate 2 cannot be read"), (.foreignKey, "foreign.pem", "is not the key of"),
        (.encryptedKey, "encrypted.pem", "passphrase"), (.sameKeyType, "twin.pem", "second certificate with a key of type EC"),
        (.noCertificate, "tls", "names no certificate"),
    ])
    func mistakesInCertificatesNameTheirFile(_ mistake: Mistake, _ file: String, _ words: String) throws {
        let error = try #require(
            problem { settings in
                switch mistake {
                case .missingFile: settings.certificates[0].chain = "\(setup.folder.path)/nowhere.pem"
                case .folder: settings.certificates[0].chain = setup.folder.path
                case .noPEM: settings.certificates[0].chain = setup.folder.write("text.pem", Array("hello".utf8))
                case .brokenPEM:
                    let broken = setup.root.certificate.pem + Array("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".utf8)
                    settings.certificates[0].chain = setup.folder.write("broken.pem", broken)
                case .foreignKey: settings.certificates[0].key = setup.folder.write("foreign.pem", TestKey.otherEC.pem)
                case .encryptedKey: settings.certificates[0].key = setup.folder.write("encrypted.pem", TestKey.ec.encryptedPEM)
                case .sameKeyType: settings.certificates[1] = setup.files("twin", setup.agent())
                case .noCertificate: settings.certificates = []
                }
            })
        #expect(error.file.hasSuffix(file))
        #expect(error.problem.contains(words), "\(error)")
    }

    enum TrustMistake: String, CaseIterable { case noRootList, forgedList, noList, noCA, notACA, brokenList, otherFile }

    @Test(arguments: [
        (TrustMistake.noRootList, "half.pem", "holds no CRL that the CA CN=Puppet Root CA signed"),
        (.forgedList, "forged.pem", "holds no CRL that the CA CN=Puppet CA signed"), (.noList, "ca.pem", "need the CRLs"),
        (.noCA, "tls", "need client_ca"), (.notACA, "leaf.pem", "is no CA's"), (.brokenList, "broken.pem", "CRL 2 cannot be read"),
        (.otherFile, "ca.pem", "holds no CRL"),
    ])
    func mistakesInTrustNameTheirFile(_ mistake: TrustMistake, _ file: String, _ words: String) throws {
        let error = try #require(
            problem { settings in
                switch mistake {
                case .noRootList: settings.crl = setup.folder.write("half.pem", setup.intermediate.crl())
                case .forgedList:
                    settings.crl = setup.folder.write("forged.pem", setup.root.crl() + setup.intermediate.crl(signedBy: .otherEC))
                case .noList: settings.crl = nil
                case .noCA: settings.clientCA = nil
                case .notACA: settings.clientCA = setup.folder.write("leaf.pem", setup.agent().pem)
                case .brokenList:
                    settings.crl = setup.folder.write(
                        "broken.pem", setup.root.crl() + Array("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n".utf8))
                case .otherFile: settings.crl = setup.ca
                }
            })
        #expect(error.file.hasSuffix(file), "\(error)")
        #expect(error.problem.contains(words), "\(error)")
    }

    @Test func aKeyTooShortForTheSecurityLevelIsNamedWithItsChain() throws {
        let short = setup.files("short", setup.agent { $0.key = .shortRSA })
        let error = try #require(problem { $0.certificates = [short] })
        #expect(error.file == short.chain)
        #expect(error.problem.contains("key too small"))
        #expect(
            problem {
                $0.certificates = [short]
                $0.rules.securityLevel = 0
            } == nil)
    }

    @Test func whatExpiresIsWarnedOfWithItsDate() throws {
        setup.listsEnd = 5 * 86_400
        let soon = setup.files("soon", setup.agent { $0.until = 10 * 86_400 })
        let gone = setup.files("gone", setup.agent { ($0.until, $0.key) = (-86_400, .rsa) })
        let warnings = try ServerTLSMaterial.load(setup.listener { $0.certificates = [soon, gone] }).warnings
        try #require(warnings.count == 4)
        #expect(warnings[0].hasPrefix("\(soon.chain): certificate CN=agent.example expires on 20"))
        #expect(warnings[1].hasPrefix("\(gone.chain): certificate CN=agent.example expired on 20"))
        #expect(warnings[2].contains("crl.pem: CRL of CN=Puppet Root CA expires on 20"))
        #expect(warnings[3].contains("crl.pem: CRL of CN=Puppet CA expires on 20"))
    }

    @Test func theTrustGenerationFollowsCAsListsAndRules() throws {
        func generation(_ change: (inout ListenerTLSSettings) -> Void = { _ in }) throws -> SHA256Digest? {
            var settings = ListenerTLSSettings(certificates: setup.serverFiles(), clientCA: setup.ca, crl: "\(setup.folder.path)/crl.pem")
            change(&settings)
            return try ServerTLSMaterial.load(settings).trustGeneration
        }
        _ = setup.writeLists()
        let first = try #require(try generation())
        #expect(try generation { $0.certificates.removeLast() } == first)
        #expect(try generation { $0.rules.expiredCRL = .accept } != first)
        #expect(try generation { $0.clientCertificate = .none } == nil)
        setup.revokedByRoot = [50]
        _ = setup.writeLists()
        #expect(try generation() != first)
    }

    @Test func datesAreWrittenForPeople() {
        #expect(Timestamp.text(0) == "1970-01-01 00:00:00 UTC")
        #expect(Timestamp.text(1_795_343_381) == "2026-11-22 10:29:41 UTC")
    }
}
